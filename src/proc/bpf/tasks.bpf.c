/* One record for each process of the reader's pid namespace (iter/task of
   Documentation/bpf/bpf_iterators.rst, Linux 5.8). Compiled once; libbpf fits
   the offsets of the fields below to the kernel that runs (CO-RE). */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "task_record.h"

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
typedef struct {
  unsigned int val;
} kuid_t;
struct cred {
  kuid_t uid;
} KERNEL;
struct mm_struct {
  unsigned long arg_start;
} KERNEL;
struct signal_struct {
  int nr_threads;
} KERNEL;
struct task_struct {
  int pid;
  int tgid;
  int exit_state;
  unsigned int ptrace;
  unsigned long long start_boottime;
  struct task_struct* real_parent;
  struct task_struct* parent;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  const struct cred* real_cred;
  struct mm_struct* mm;
  struct signal_struct* signal;
  char comm[16];
} KERNEL;
struct seq_file;
struct bpf_iter_meta {
  struct seq_file* seq;
} KERNEL;
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
} KERNEL;

char kLicense[] SEC("license") = "Dual MIT/GPL";

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

SEC("iter/task")
int list_processes(struct bpf_iter__task* context) {
  struct task_struct* task = context->task;
  if (!task || task->pid != task->tgid) return 0;
  struct pid* own = task->thread_pid;
  if (!own) return 0;

  /* The iterator walks the namespace of whoever reads it. */
  struct task_struct* reader = (struct task_struct*)bpf_get_current_task_btf();
  struct pid* readers = reader->thread_pid;
  unsigned int level = readers->level & 31;
  struct pid_namespace* ns = number_at(readers, level).ns;

  struct task_record record = {};
  record.pid = number_at(own, level).nr;
  struct pid* above = task->real_parent->group_leader->thread_pid;
  if (above && above->level >= level) {
    struct upid number = number_at(above, level);
    if (number.ns == ns) record.parent = number.nr;
  }
  record.started_ns = task->start_boottime;
  record.uid = task->real_cred->uid.val;
  record.exit_state = task->exit_state;
  record.threads = task->signal->nr_threads;
  if (task->mm) record.argv_at = task->mm->arg_start;
  if (task->ptrace) record.tracer = task->parent->tgid;
  bpf_probe_read_kernel(record.comm, sizeof record.comm, task->comm);
  bpf_seq_write(context->meta->seq, &record, sizeof record);
  return 0;
}
