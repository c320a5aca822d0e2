/* What the kernel says about running processes. */
#ifndef CHATAPP_BENCH_PROCESS_H
#define CHATAPP_BENCH_PROCESS_H

/* Seconds of CPU, user and system, that the processes have used; `pids` is "123,456", NULL or "" for none. */
double process_cpu_s(const char *pids);
/* The same of all that runs on the machine, and of what interrupts it. */
double machine_cpu_s(void);
/* KiB of resident memory, and the part of it that is not files. */
struct process_memory {
    double rss_kib;
    double anonymous_kib;
};
struct process_memory process_memory(const char *pid);
/* KiB that the kernel holds for TCP buffers, and for its own objects (of both ends of each connection). */
double kernel_tcp_kib(void);
double kernel_slab_kib(void);
/* KiB of the objects that make a socket which an epoll watches: the part of the former that is certainly of
 * connections. 0 when the kernel does not tell (only root may ask). */
double kernel_sockets_kib(void);

#endif
