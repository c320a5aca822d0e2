#include "notification_server.h"

#include <stdlib.h>

#include "daemon/log.h"
#include "daemon/ops.h"
#include "http/http_server.h"
#include "http/stop_signal.h"
#include "redis/redis_pool.h"
#include "registry/registrar.h"

static bool is_ready(void *context, struct buf *why)
{
    (void)context;
    if (redis_ping() == OK)
        return true;
    buf_add_str(why, STR("redis: unavailable"));
    return false;
}

static void open_redis(const struct notification_settings *settings)
{
    const struct redis_pool_options options = {
        .connections_max = (size_t)settings->redis_connections,
        .timeout_ms = (int)settings->redis_timeout_ms,
    };
    struct redis_url url;
    const char *why;

    if (redis_url_parse(str_of(settings->daemon.redis_url), &url, &why) != OK)
        abort(); /* daemon_start() has looked */
    redis_pool_open(&url, &options);
}

static int serve(const struct notification_settings *settings)
{
    const struct http_server_options options = {.listen = settings->daemon.listen,
                                                .port = settings->daemon.port,
                                                .settings = &settings->http};
    struct http_server *server;
    struct buf why = {0};

    if (http_server_open(&options, &server, &why) != OK) {
        log_error("cannot serve", F_STR("why", buf_view(&why)));
        buf_fini(&why);
        return EXIT_FAILURE;
    }
    struct registrar *registrar = registrar_start(&settings->daemon, http_server_port(server),
                                                  http_server_connections, server);
    stop_signal_wait();
    log_info("draining");
    registrar_stop(&registrar);
    http_server_drain(server, settings->daemon.drain_s * 1000);
    http_server_close(&server);
    return EXIT_SUCCESS;
}

int notification_server_run(const struct notification_settings *settings)
{
    stop_signal_block();
    open_redis(settings);
    ops_setup(is_ready, NULL);
    int status = serve(settings);
    redis_pool_close();
    log_info("stopped");
    return status;
}
