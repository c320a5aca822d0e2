/* A child process that ends with the test, also when the test crashes. Its output goes to a
 * file. */
#ifndef CHATAPP_HARNESS_PROCESS_H
#define CHATAPP_HARNESS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct process {
    pid_t pid;  /* 0: not running */
    int status; /* once ended: the exit status, or 128 + the signal */
    char log_path[128];
    size_t log_start; /* where the log of this run begins */
};

/* `argv` ends with NULL; argv[0] is a path or found in $PATH. `env`: "NAME=value" … NULL on top
 * of our own environment, of which the CHATAPP_ variables are left out; may be NULL. The log is
 * appended to. */
void process_start(struct process *p, const char *const *argv, const char *const *env,
                   const char *log_path);
bool process_alive(struct process *p);
void process_signal(const struct process *p, int signal);
/* Waits for the end (PATIENCE_MS); returns p->status. */
int process_wait(struct process *p);
void process_kill9(struct process *p); /* and waits; fine when it has ended already */

/* What this run has logged so far is appended. */
void process_log(const struct process *p, struct buf *out);
bool process_log_has(const struct process *p, const char *text);

/* Runs a program to its end; returns its status. Standard output and error are appended (either
 * may be NULL). */
int process_run(const char *const *argv, const char *const *env, struct buf *out, struct buf *err);

#endif
