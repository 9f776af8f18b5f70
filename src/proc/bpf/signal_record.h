/* What the kernel's side tells of a signal, and what it is told before. Shared
   with C, for which the BPF program is compiled. */
#ifndef STRAYD_PROC_BPF_SIGNAL_RECORD_H
#define STRAYD_PROC_BPF_SIGNAL_RECORD_H

/* NOLINTBEGIN(*-avoid-c-arrays,readability-identifier-naming): of C, too */
#define STRAYD_SIGNAL_CHAIN 6   /* the sender and five above it */
#define STRAYD_SIGNAL_CGROUPS 3 /* its cgroup and two above it */
#define STRAYD_CGROUP_NAME 80

enum signal_from {
  SIGNAL_FROM_OUTSIDE, /* of the target's own tree */
  SIGNAL_FROM_INSIDE,
  SIGNAL_FROM_ITSELF,
  SIGNAL_FROM_DAEMON, /* that is watched: PM2 */
  SIGNAL_FROM_OBSERVER,
  SIGNAL_FROM_KERNEL
};

struct signal_record {
  unsigned long long at_ns; /* since boot, suspend included, as all of these */
  unsigned long long target_started_ns;
  unsigned long long top_started_ns;
  unsigned long long sender_started_ns;
  int signal;
  int code; /* si_code */
  /* In the pid namespace of the observer; 0: it is not in that one. */
  int target;
  int top; /* of the target's tree: the daemon's own child */
  int sender;
  int from;         /* signal_from */
  unsigned int uid; /* of the sender, of the initial namespace */
  int spare;
  char comm[STRAYD_SIGNAL_CHAIN][16]; /* the sender's first; empty: no more */
  /* The innermost first; longer ones are cut off. */
  char cgroup[STRAYD_SIGNAL_CGROUPS][STRAYD_CGROUP_NAME];
};

/* A daemon; what is below it is told of. By its pid. */
struct watched_daemon {
  unsigned long long started_ticks;
  unsigned long long told; /* of its tree, since it was last written */
};

/* The one of whom pids are true, and what could not be told. */
struct signal_observer {
  unsigned long long pid_namespace; /* 0: nobody has looked yet */
  unsigned long long started_ns;
  unsigned long long ns_per_tick;
  unsigned long long lost;
  unsigned int level;
  int pid;
  int tgid; /* in the initial namespace */
  int spare;
};

/* Of one daemon's tree between two writes. */
#define STRAYD_MOST_TOLD 512
/* NOLINTEND(*-avoid-c-arrays,readability-identifier-naming) */

#endif
