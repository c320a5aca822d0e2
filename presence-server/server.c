#include "server.h"

#include <stdlib.h>

#include "daemon/ops.h"
#include "ws/ws_daemon.h"

struct server {
    struct presence_settings settings;
    struct ws_daemon daemon;
};

static bool is_ready(void *context, struct buf *why)
{
    const struct server *s = context;

    if (!redis_client_is_up(s->daemon.redis))
        buf_add_str(why, STR("redis: not connected"));
    return why->n == 0;
}

static int refuse_upgrade(void *context, const struct ws_request *request, void **session_out)
{
    enum { HTTP_NOT_FOUND = 404 };
    (void)context;
    (void)request;
    *session_out = NULL;
    return HTTP_NOT_FOUND;
}

static const struct ws_handlers HANDLERS = {.upgrade = refuse_upgrade};

static enum err open_all(struct server *s, int listen_fd)
{
    struct redis_client_options redis = {.in_flight_max =
                                             (size_t)s->settings.conn.redis_in_flight_max,
                                         .timeout_ms = (int)s->settings.conn.redis_timeout_ms};
    struct ws_options ws = {.allowed_origins = s->settings.conn.allowed_origins,
                            .connections_max = (size_t)s->settings.conn.max_connections,
                            .ping_s = (int)s->settings.conn.ping_interval_s};
    enum err err = ws_daemon_init(&s->daemon, &s->settings.common, &redis);

    if (err != OK)
        return err;
    ops_setup(is_ready, s);
    return ws_daemon_listen(&s->daemon, listen_fd, &ws, &HANDLERS, s);
}

int server_run(const struct presence_settings *settings, int listen_fd)
{
    static struct server server;

    server.settings = *settings;
    if (open_all(&server, listen_fd) != OK)
        return EXIT_FAILURE; /* the process ends: the system takes back the rest */
    ws_daemon_run(&server.daemon);
    ws_daemon_fini(&server.daemon);
    return EXIT_SUCCESS;
}
