#include "server.h"

#include <stdlib.h>

#include "base/check.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "redis/redis_async.h"
#include "ws/ws_server.h"

#define MS_PER_S 1000
#define CONNECTIONS_MAX 1000

struct server {
    struct presence_settings settings;
    uv_loop_t loop;
    struct redis_client *redis;
    uv_signal_t on_sigterm;
    uv_signal_t on_sigint;
    bool draining;
};

static void redis_changed(void *context)
{
    (void)context; /* the client logs it */
}

static bool is_ready(void *context, struct buf *why)
{
    const struct server *s = context;

    if (!redis_client_is_up(s->redis))
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

static void drained(void *context)
{
    uv_stop(&((struct server *)context)->loop);
}

static void stop(uv_signal_t *signal, int number)
{
    struct server *s = signal->data;

    if (s->draining)
        return;
    s->draining = true;
    log_info("draining", F_INT("signal", number));
    ops_drain();
    ws_server_drain(s->settings.common.drain_s * MS_PER_S, drained, s);
}

static void watch_signal(struct server *s, uv_signal_t *handle, int number)
{
    (void)uv_signal_init(&s->loop, handle);
    handle->data = s;
    (void)uv_signal_start(handle, stop, number);
}

static enum err open_redis(struct server *s)
{
    struct redis_client_options options = {
        .in_flight_max = 1000, .timeout_ms = 3000, .on_up = redis_changed, .on_down = redis_changed, .context = s};
    struct redis_url url;
    const char *why;

    if (redis_url_parse(str_of(s->settings.common.redis_url), &url, &why) != OK) {
        log_error("--redis-url is not good", F_Z("why", why));
        return ERR_INVALID;
    }
    s->redis = redis_client_open(&s->loop, &url, &options);
    return OK;
}

static enum err open_all(struct server *s)
{
    struct ws_options options = {.listen = s->settings.common.listen,
                                 .port = (int)s->settings.common.port,
                                 .allowed_origins = "",
                                 .connections_max = CONNECTIONS_MAX,
                                 .ping_s = 30};
    struct buf why = {0};

    CHECK(uv_loop_init(&s->loop) == 0);
    watch_signal(s, &s->on_sigterm, SIGTERM);
    watch_signal(s, &s->on_sigint, SIGINT);
    enum err err = open_redis(s);
    if (err != OK)
        return err;
    ops_setup(is_ready, s);
    err = ws_server_open(&s->loop, &options, &HANDLERS, s, &why);
    if (err != OK)
        log_error("cannot start", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return err;
}

int server_run(const struct presence_settings *settings)
{
    static struct server server;
    struct server *s = &server;

    s->settings = *settings;
    if (open_all(s) != OK)
        return EXIT_FAILURE;
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    redis_client_close(&s->redis);
    uv_close((uv_handle_t *)&s->on_sigterm, NULL);
    uv_close((uv_handle_t *)&s->on_sigint, NULL);
    ws_server_close();
    CHECK(uv_loop_close(&s->loop) == 0);
    log_info("stopped");
    return EXIT_SUCCESS;
}
