/* One daemon in several processes on one port, so that it uses all cores: workers, and a supervisor that only looks
 * after them.
 *
 *     supervisor ── opens a listening socket for each worker (SO_REUSEPORT: the kernel spreads the connections) ── forks
 *        │  a worker dies ─────────── another takes its number and its socket, with the connections that wait there
 *        │  SIGTERM, SIGINT ───────── all drain; ends when the last has, with 0 when all did
 *        ╵  is killed itself ──────── the kernel sends the workers SIGTERM: they drain
 *
 * Workers know nothing of each other, but for metrics (metrics.h): limits are each worker's own. */
#ifndef CHATAPP_DAEMON_WORKERS_H
#define CHATAPP_DAEMON_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/daemon.h"

#define WORKERS_MAX 256

/* The daemon's own work, until SIGTERM or SIGINT; returns the exit status. It owns the socket. Both signals are blocked
 * when it begins: it lets them in once it can hear them, and blocks them again before it stops hearing them. */
typedef int worker_fn(const void *context, int listen_fd);

/* Listens where the settings say, and logs it; then runs `work` in this process (count 1), or in each of `count`
 * workers. SETTING_WORD: as many as there are cores for us. Returns the exit status; in a worker it does not return.
 * No thread may have been started. */
int workers_run(const struct daemon_settings *settings, int64_t count, worker_fn *work,
                const void *context);

void workers_hear_signals(void);
void workers_mute_signals(void);

bool workers_is_worker(void);
/* Has to be told, once, by a worker that was ready for its work: one that fails before any was ends the whole
 * daemon. Nothing outside of a worker. */
void workers_tell_ready(void);

/* How long to wait before starting again a worker that lived for so long; wait_ms: as long as the last time, 0: there
 * was none. */
int64_t workers_back_off_ms(int64_t wait_ms, int64_t lived_ms);

#endif
