/* One of our daemons, started on a free port.
 *
 * Each has settings that suit tests (cheap passwords, no rates, a short drain); a flag that a
 * test gives replaces the default of the same name. */
#ifndef CHATAPP_HARNESS_DAEMON_H
#define CHATAPP_HARNESS_DAEMON_H

#include "process.h"
#include "temp_dir.h"

#define DAEMON_FLAGS_MAX 40

struct daemon {
    struct process process;
    char program[32]; /* "chat-server" */
    char name[48];    /* the log's: "chat-server-1" */
    char dir[TEMP_DIR_MAX];
    int port; /* of the latest start */
    size_t n_flags;
    char *flags[DAEMON_FLAGS_MAX]; /* "--drain-s=1" */
};

/* $CHATAPP_BIN/program (by default: beside the test), as long as fmt()'s. */
const char *daemon_path(const char *program);

/* Sets the flags, does not start. `flags`: "--name=value" … NULL, or NULL. */
void daemon_init(struct daemon *d, const char *program, const char *name,
                 const struct temp_dir *dir, const char *redis_url, const char *const *flags);
void daemon_fini(struct daemon *d); /* it must have ended */

void daemon_begin(struct daemon *d);      /* starts it, without waiting … */
bool daemon_listens(struct daemon *d);    /* … until this says so: d->port */
void daemon_launch(struct daemon *d);     /* both */
void daemon_wait_ready(struct daemon *d); /* /readyz says 200 */
void daemon_up(struct daemon *d);         /* all of that */
void daemon_kill9(struct daemon *d);
/* SIGTERM; waits and returns the exit status, which is not 0 either when a sanitizer found
 * something. */
int daemon_terminate(struct daemon *d);

/* Its workers (--workers=N), the oldest first; returns how many run, of which at most `max` are given. */
size_t daemon_workers(const struct daemon *d, pid_t *pids_out, size_t max);

bool daemon_log_has(const struct daemon *d, const char *text);
/* A counter or gauge of GET /metrics (its line up to the space, labels included); -1 when it is
 * not there. */
double daemon_metric(struct daemon *d, const char *name);

#endif
