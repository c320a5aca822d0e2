#include "ws/ws_daemon.h"

#include <signal.h>

#include "base/check.h"
#include "base/clock.h"
#include "daemon/listening.h"
#include "daemon/log.h"
#include "daemon/ops.h"

#define MS_PER_S 1000
#define READY_TICK_MS 20
#define ACCEPT_WITHIN_MS 2000

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
    (void)uv_timer_stop(&d->until_ready);
    log_info("draining", F_INT("signal", number), F_INT("connections", ws_server_connections()));
    ops_drain();
    if (d->registration != NULL)
        registration_leave(d->registration);
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
    workers_hear_signals();
    loop_lag_init(&d->lag, &d->loop);
    (void)uv_timer_init(&d->loop, &d->until_ready);
    d->until_ready.data = d;
    if (redis_url_parse(str_of(settings->redis_url), &d->redis_url, &why) != OK) {
        log_error("--redis-url is not good", F_Z("why", why));
        return ERR_INVALID;
    }
    d->redis = redis_client_open(&d->loop, &d->redis_url, options);
    return OK;
}

static void look_whether_ready(uv_timer_t *timer)
{
    const struct ws_daemon *d = timer->data;
    bool ready = ops_ready();

    if (ready || clock_mono_ms() >= d->accept_at_ms)
        ws_server_accept();
    if (!ready)
        return;
    workers_tell_ready();
    (void)uv_timer_stop(timer);
}

static void begin_to_accept(struct ws_daemon *d)
{
    if (!workers_is_worker()) {
        ws_server_accept();
        return;
    }
    d->accept_at_ms = clock_mono_ms() + ACCEPT_WITHIN_MS;
    (void)uv_timer_start(&d->until_ready, look_whether_ready, 0, READY_TICK_MS);
}

static void tell_load(void *context, struct instance *self)
{
    const struct ws_daemon *d = context;

    self->connections = (int64_t)ws_server_connections();
    self->connections_max = (int64_t)ws_server_connections_max();
    self->lag_ms = loop_lag_ms(&d->lag);
}

static void begin_to_register(struct ws_daemon *d, int port)
{
    struct instance self;

    registry_describe_self(d->settings, port, &self);
    d->registration = registration_open(&d->loop, d->redis, &self, tell_load, d);
}

enum err ws_daemon_listen(struct ws_daemon *d, int listen_fd, const struct ws_options *options,
                          const struct ws_handlers *handlers, void *context)
{
    int port = listening_port(listen_fd);
    enum err err = ws_server_open(&d->loop, listen_fd, options, handlers, context);

    if (err != OK)
        return err;
    begin_to_accept(d);
    begin_to_register(d, port);
    return OK;
}

void ws_daemon_run(struct ws_daemon *d)
{
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
}

void ws_daemon_fini(struct ws_daemon *d)
{
    ws_server_close();
    registration_close(&d->registration);
    redis_client_flush(d->redis); /* what all that takes back in Redis still goes there */
    redis_client_close(&d->redis);
    workers_mute_signals(); /* one that comes now would kill */
    loop_lag_close(&d->lag);
    uv_close((uv_handle_t *)&d->until_ready, NULL);
    uv_close((uv_handle_t *)&d->on_sigterm, NULL);
    uv_close((uv_handle_t *)&d->on_sigint, NULL);
    (void)uv_run(&d->loop, UV_RUN_DEFAULT);
    ws_server_free();
    CHECK(uv_loop_close(&d->loop) == 0);
    log_info("stopped");
}
