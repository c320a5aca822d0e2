/* What the kernel says about running processes. */
#ifndef CHATAPP_BENCH_PROCESS_H
#define CHATAPP_BENCH_PROCESS_H

/* Seconds of CPU, user and system, that the processes have used; `pids` is "123,456", NULL or "" for none. */
double process_cpu_s(const char *pids);
/* KiB of resident memory, and the part of it that is not files. */
struct process_memory {
    double rss_kib;
    double anonymous_kib;
};
struct process_memory process_memory(const char *pid);
/* KiB that the kernel holds for TCP buffers, and for its own objects (of both ends of each connection). */
double kernel_tcp_kib(void);
double kernel_slab_kib(void);

#endif
