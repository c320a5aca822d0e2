/* What the kernel knows of a process of ours, as the metrics every Prometheus client library has. */
#ifndef CHATAPP_DAEMON_PROCESS_H
#define CHATAPP_DAEMON_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process_figure {
    const char *name; /* "process_open_fds" */
    const char *type; /* "gauge" */
    const char *help;
    bool (*look)(pid_t pid, double *value_out);
};

#define PROCESS_FIGURES_N 5
extern const struct process_figure PROCESS_FIGURES[PROCESS_FIGURES_N];

/* False: cannot be learnt just now, as when no file descriptor is left or there is no such process (0: there is
 * none). */
static inline bool process_look(pid_t pid, const struct process_figure *figure, double *value_out)
{
    return pid != 0 && figure->look(pid, value_out);
}

#endif
