/* What the daemons with a WebSocket server share around it: the event loop, the connection to Redis, SIGTERM and the
 * drain after it, and its place in the service registry.
 *
 *     ws_daemon_init → (Redis, timers, …) → ws_daemon_listen → ws_daemon_run → (close what you opened) → ws_daemon_fini */
#ifndef CHATAPP_WS_WS_DAEMON_H
#define CHATAPP_WS_WS_DAEMON_H

#include "daemon/workers.h"
#include "redis/redis_async.h"
#include "registry/registration.h"
#include "ws/loop_lag.h"
#include "ws/ws_server.h"

struct ws_daemon {
    uv_loop_t loop;
    const struct daemon_settings *settings;
    struct redis_url redis_url;
    struct redis_client *redis;
    uv_signal_t on_sigterm;
    uv_signal_t on_sigint;
    uv_timer_t until_ready; /* a worker's */
    int64_t accept_at_ms;
    bool draining;
    struct loop_lag lag;
    struct registration *registration; /* in the service registry, from ws_daemon_listen() on */
};

/* Connects to Redis; `options` are the client's. ERR_INVALID: the URL is not good; logged. Keeps the settings. */
MUST_USE enum err ws_daemon_init(struct ws_daemon *d, const struct daemon_settings *settings,
                                 const struct redis_client_options *options);
/* Serves who connects to the socket, which workers_run() gave. A worker begins once it is ready, or after two seconds:
 * until then they wait, and need not be refused. ERR_IO: logged. */
MUST_USE enum err ws_daemon_listen(struct ws_daemon *d, int listen_fd,
                                   const struct ws_options *options,
                                   const struct ws_handlers *handlers, void *context);
/* Until SIGTERM or SIGINT, and the drain after it. */
void ws_daemon_run(struct ws_daemon *d);
/* After the daemon has closed its own handles: closes the rest, runs the loop until all have let go. */
void ws_daemon_fini(struct ws_daemon *d);

#endif
