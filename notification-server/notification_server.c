#include "notification_server.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "channel_publish.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "daemon/rounds.h"
#include "http/http_server.h"
#include "http/stop_signal.h"
#include "redis/redis_pool.h"
#include "registry/registrar.h"

#define PUBLISH_MS 5000
#define PUBLISH_AGAIN_MS 500

/* What the channels work with, and whether Redis knew of it when last told. */
struct setup {
    struct channel_env *env;
    _Atomic bool published;
};

static bool is_ready(void *context, struct buf *why)
{
    const struct setup *setup = context;

    if (redis_ping() != OK)
        buf_add_str(why, STR("redis: unavailable"));
    else if (!atomic_load(&setup->published))
        buf_add_str(why, STR("channels: not published yet"));
    return why->n == 0;
}

static int64_t publish(void *context)
{
    struct setup *setup = context;
    bool published = channel_publish(setup->env) == OK;

    atomic_store(&setup->published, published);
    return published ? PUBLISH_MS : PUBLISH_AGAIN_MS;
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

static bool open_channels(const struct notification_settings *settings, struct setup *setup)
{
    struct buf why = {0};
    bool good = channel_env_open(&settings->channels, &setup->env, &why) == OK;

    if (!good)
        log_error("bad setting", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return good;
}

int notification_server_run(const struct notification_settings *settings)
{
    struct setup setup = {0};

    stop_signal_block();
    if (!open_channels(settings, &setup))
        return EXIT_FAILURE;
    open_redis(settings);
    ops_setup(is_ready, &setup);
    struct rounds *rounds = rounds_start(publish, &setup);
    int status = serve(settings);
    rounds_stop(&rounds);
    redis_pool_close();
    channel_env_close(&setup.env);
    log_info("stopped");
    return status;
}
