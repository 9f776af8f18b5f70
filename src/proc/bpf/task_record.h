/* What the kernel's side of the task iterator writes for each process. Shared
   with C, for which the BPF program is compiled. */
#ifndef STRAYD_PROC_BPF_TASK_RECORD_H
#define STRAYD_PROC_BPF_TASK_RECORD_H

/* NOLINTBEGIN(*-avoid-c-arrays,readability-identifier-naming): of C, too */
struct task_record {
  unsigned long long started_ns; /* since boot, suspend included */
  unsigned long long argv_at;    /* 0: it has no memory */
  int pid;                       /* in the pid namespace of the reader */
  int parent;                    /* 0: it is not in that namespace */
  unsigned int uid;              /* the real one, of the initial namespace */
  int tracer;                    /* 0: none */
  int exit_state;                /* 0: it lives */
  int threads;
  char comm[16];
};
/* NOLINTEND(*-avoid-c-arrays,readability-identifier-naming) */

#endif
