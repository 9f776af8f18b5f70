/* Who sends a fatal signal to what is below a watched daemon, at the moment
   when it is sent: a `kill` is gone before anybody looks. Attached by BTF to
   the tracepoint signal_generate (include/trace/events/signal.h), so that no
   tracefs is needed. Compiled once; libbpf fits the offsets to the kernel that
   runs (CO-RE). */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "signal_record.h"

#define KERNEL __attribute__((preserve_access_index))

/* The parts of the kernel's types that are used. */
struct pid_namespace;
struct upid {
  int nr;
  struct pid_namespace* ns;
} KERNEL;
struct pid {
  unsigned int level;
  struct upid numbers[1];
} KERNEL;
struct kernfs_node {
  struct kernfs_node* parent;
  const char* name;
} KERNEL;
struct kernfs_node___since_6_15 {
  struct kernfs_node* __parent;
} KERNEL;
struct cgroup {
  struct kernfs_node* kn;
} KERNEL;
struct css_set {
  struct cgroup* dfl_cgrp;
} KERNEL;
struct task_struct {
  int tgid;
  unsigned long long start_boottime;
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct css_set* cgroups;
  char comm[16];
} KERNEL;
struct kernel_siginfo {
  int si_signo;
  int si_errno;
  int si_code;
} KERNEL;

char kLicense[] SEC("license") = "Dual MIT/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 512 * 1024);
} records SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, int);
  __type(value, struct watched_daemon);
} daemons SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, struct signal_observer);
} observers SEC(".maps");

/* From include/linux/sched/signal.h and include/uapi/asm-generic/siginfo.h. */
#define NO_INFO 0UL       /* SEND_SIG_NOINFO: as kill(2) has it */
#define LAST_WORD 2UL     /* 1 and, before Linux 4.20, 2: the kernel's own */
#define FROM_USER 0       /* SI_USER */
#define FROM_KERNEL 128   /* SI_KERNEL */
#define IGNORED 1         /* TRACE_SIGNAL_IGNORED */
#define ALREADY_PENDING 2 /* TRACE_SIGNAL_ALREADY_PENDING */
#define BIT(signal) (1ULL << (signal))
/* Signals up to 31 that end a process unless it does something about them: not
   CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG and WINCH. The C library's own 32 and
   33 are none, and none of the others is used to end anything. */
#define FATAL                                                          \
  (0xfffffffeULL & ~(BIT(17) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | \
                     BIT(22) | BIT(23) | BIT(28)))
/* Of those, what a process sends to itself to end: HUP, INT, QUIT, ILL, TRAP,
   ABRT, BUS, FPE, KILL, SEGV, TERM and SYS. The rest are timers, profilers. */
#define OWN_END                                                            \
  (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | \
   BIT(9) | BIT(11) | BIT(15) | BIT(31))
/* A chain of launchers is not as long. */
#define DEEPEST 16

/* Of the deepest pid namespace that the process is in, and of which one. */
static __always_inline struct upid number_at(struct pid* pid,
                                             unsigned int level) {
  struct upid number = {};
  const char* first =
      (const char*)__builtin_preserve_access_index(&pid->numbers[0]);
  bpf_probe_read_kernel(
      &number, sizeof number, first + level * sizeof(struct upid));
  return number;
}

/* 0: it is not in the observer's pid namespace. */
static __always_inline int pid_of(const struct signal_observer* observer,
                                  struct task_struct* leader) {
  struct pid* pid = leader->thread_pid;
  if (!pid || pid->level < observer->level) return 0;
  struct upid number = number_at(pid, observer->level & 31);
  return (unsigned long)number.ns == observer->pid_namespace ? number.nr : 0;
}

struct place {
  struct watched_daemon* daemon; /* 0: it is below none */
  int is_daemon;
  int top;
  unsigned long long top_started_ns;
};

static __always_inline struct place place_of(
    const struct signal_observer* observer, struct task_struct* leader) {
  struct place place = {};
  struct task_struct* at = leader;
  for (int i = 0; i < DEEPEST; ++i) {
    int pid = pid_of(observer, at);
    unsigned long long started_ns = at->start_boottime;
    struct watched_daemon* daemon = bpf_map_lookup_elem(&daemons, &pid);
    if (pid && daemon &&
        daemon->started_ticks == started_ns / observer->ns_per_tick) {
      place.daemon = daemon;
      place.is_daemon = i == 0;
      return place;
    }
    place.top = pid;
    place.top_started_ns = started_ns;
    if (at->tgid <= 1) break;
    at = at->real_parent->group_leader;
  }
  return place;
}

static __always_inline void tell_chain(struct signal_record* record,
                                       struct task_struct* leader) {
  struct task_struct* at = leader;
  for (int i = 0; i < STRAYD_SIGNAL_CHAIN; ++i) {
    bpf_probe_read_kernel(record->comm[i], sizeof record->comm[i], at->comm);
    at = at->real_parent->group_leader;
    if (at->tgid <= 1) break;
  }
}

static __always_inline void tell_cgroup(struct signal_record* record,
                                        struct task_struct* task) {
  struct kernfs_node* node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
  for (int i = 0; i < STRAYD_SIGNAL_CGROUPS && node; ++i) {
    bpf_probe_read_kernel_str(
        record->cgroup[i], sizeof record->cgroup[i], BPF_CORE_READ(node, name));
    struct kernfs_node___since_6_15* newer = (void*)node;
    if (bpf_core_field_exists(newer->__parent)) {
      node = BPF_CORE_READ(newer, __parent);
    } else {
      node = BPF_CORE_READ(node, parent);
    }
  }
}

static __always_inline int from(const struct signal_observer* observer,
                                int code,
                                struct task_struct* sender,
                                struct task_struct* target,
                                const struct place* senders,
                                const struct place* targets) {
  if (sender == target) return SIGNAL_FROM_ITSELF;
  if (code == FROM_KERNEL) return SIGNAL_FROM_KERNEL;
  if (sender->tgid == observer->tgid) return SIGNAL_FROM_OBSERVER;
  if (!senders->daemon) return SIGNAL_FROM_OUTSIDE;
  if (senders->is_daemon) return SIGNAL_FROM_DAEMON;
  return senders->top == targets->top &&
                 senders->top_started_ns == targets->top_started_ns
             ? SIGNAL_FROM_INSIDE
             : SIGNAL_FROM_OUTSIDE;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(tell_signal,
             int signal,
             struct kernel_siginfo* info,
             struct task_struct* task,
             int group,
             int result) {
  (void)ctx;
  (void)group;
  if (signal < 1 || signal > 31 || !(FATAL & BIT(signal))) return 0;
  /* It changes nothing. */
  if (result == IGNORED || result == ALREADY_PENDING) return 0;
  int first = 0;
  struct signal_observer* observer = bpf_map_lookup_elem(&observers, &first);
  if (!observer || !observer->pid_namespace) return 0;
  struct task_struct* target = task->group_leader;
  struct task_struct* me = (struct task_struct*)bpf_get_current_task_btf();
  struct task_struct* sender = me->group_leader;
  if (sender == target && !(OWN_END & BIT(signal))) return 0;

  struct place targets = place_of(observer, target);
  if (!targets.daemon || targets.is_daemon) return 0;

  unsigned long word = (unsigned long)info;
  int code = word == NO_INFO ? FROM_USER : FROM_KERNEL;
  if (word > LAST_WORD) {
    bpf_probe_read_kernel(&code, sizeof code, &info->si_code);
  }
  if (targets.daemon->told >= STRAYD_MOST_TOLD) {
    __sync_fetch_and_add(&observer->lost, 1);
    return 0;
  }
  __sync_fetch_and_add(&targets.daemon->told, 1);
  struct signal_record* record =
      bpf_ringbuf_reserve(&records, sizeof *record, 0);
  if (!record) {
    __sync_fetch_and_add(&observer->lost, 1);
    return 0;
  }
  __builtin_memset(record, 0, sizeof *record);
  struct place senders = place_of(observer, sender);
  record->at_ns = bpf_ktime_get_boot_ns();
  record->signal = signal;
  record->code = code;
  record->target = pid_of(observer, target);
  record->target_started_ns = target->start_boottime;
  record->top = targets.top;
  record->top_started_ns = targets.top_started_ns;
  record->sender = pid_of(observer, sender);
  record->sender_started_ns = sender->start_boottime;
  record->from = from(observer, code, sender, target, &senders, &targets);
  record->uid = (unsigned int)bpf_get_current_uid_gid();
  tell_chain(record, sender);
  tell_cgroup(record, me);
  /* It is taken whenever there is a scan: nobody is woken for it. */
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}

/* Run once, by who will read. */
SEC("raw_tp/signal_generate")
int meet_observer(void* context) {
  (void)context;
  int first = 0;
  struct signal_observer* observer = bpf_map_lookup_elem(&observers, &first);
  struct task_struct* me = (struct task_struct*)bpf_get_current_task_btf();
  struct task_struct* leader = me->group_leader;
  struct pid* pid = leader->thread_pid;
  if (!observer || !pid) return 0;
  unsigned int level = pid->level & 31;
  struct upid number = number_at(pid, level);
  observer->level = level;
  observer->pid_namespace = (unsigned long)number.ns;
  observer->pid = number.nr;
  observer->tgid = leader->tgid;
  observer->started_ns = leader->start_boottime;
  return 0;
}
