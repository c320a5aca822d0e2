#include "ws/ws_daemon.h"

#include <signal.h>

#include "base/check.h"
#include "daemon/log.h"
#include "daemon/ops.h"

#define MS_PER_S 1000

static void drained(void *context)
{
    uv_stop(context);
}

static void stop(uv_signal_t *handle, int number)
{
    struct ws_daemon *d = handle->data;

    if (d->draining)
        return;
    d->draining = true;
    log_info("draining", F_INT("signal", number), F_INT("connections", ws_server_connections()));
    ops_drain();
    ws_server_drain(d->settings->drain_s * MS_PER_S, drained, &d->loop);
}

static void watch_signal(struct ws_daemon *d, uv_signal_t *handle, int number)
{
    (void)uv_signal_init(&d->loop, handle);
    handle->data = d;
    (void)uv_signal_start(handle, stop, number);
}

enum err ws_daemon_init(struct ws_daemon *d, const struct daemon_settings *settings,
                        const struct redis_client_options *options)
{
    const char *why;

    d->settings = settings;
    CHECK(uv_loop_init(&d->loop) == 0);
    watch_signal(d, &d->on_sigterm, SIGTERM);
    watch_signal(d, &d->on_sigint, SIGINT);
    if (redis_url_parse(str_of(settings->redis_url), &d->redis_url, &why) != OK) {
        log_error("--redis-url is not good", F_Z("why", why));
        return ERR_INVALID;
    }
    d->redis = redis_client_open(&d->loop, &d->redis_url, options);
    return OK;
}

enum err ws_daemon_listen(struct ws_daemon *d, struct ws_options options,
                          const struct ws_handlers *handlers, void *context)
{
    struct buf why = {0};

    options.listen = d->settings->listen;
    options.port = (int)d->settings->port;
    enum err err = ws_server_open(&d->loop, &options, handlers, context, &why);
    if (err != OK)
        log_error("cannot start", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return err;
}

void ws_daemon_run(struct ws_daemon *d)
{
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
}

void ws_daemon_fini(struct ws_daemon *d)
{
    ws_server_close(); /* what that takes back in Redis still goes there */
    redis_client_close(&d->redis);
    uv_close((uv_handle_t *)&d->on_sigterm, NULL);
    uv_close((uv_handle_t *)&d->on_sigint, NULL);
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
    ws_server_free();
    CHECK(uv_loop_close(&d->loop) == 0);
    log_info("stopped");
}
