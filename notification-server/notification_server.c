#include "notification_server.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "accept.h"
#include "admit.h"
#include "app.h"
#include "base/clock.h"
#include "channel_publish.h"
#include "courier.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "daemon/rounds.h"
#include "http/http_server.h"
#include "http/stop_signal.h"
#include "redis/redis_pool.h"
#include "registry/registrar.h"
#include "router.h"

#define ROUND_MS 3000
#define ROUND_AGAIN_MS 500
#define MS_PER_S 1000

static bool is_ready(void *context, struct buf *why)
{
    struct app *app = context;

    if (redis_ping() != OK)
        buf_add_str(why, STR("redis: unavailable"));
    else if (!public_keys_are_there(app->keys))
        buf_add_str(why, STR("keys: none in Redis yet; is an api-server running?"));
    else if (!office_is_ready(app->office))
        buf_add_str(why, STR("delivery: not connected to Redis, or channels not published yet"));
    return why->n == 0;
}

/* The office begins when the channels have been published for the first time: then webpush has its key. */
static int64_t make_round(void *context)
{
    struct app *app = context;
    bool published = channel_publish(app->env) == OK;

    public_keys_refresh(app->keys);
    if (published)
        office_begin(app->office);
    return published && public_keys_are_there(app->keys) ? ROUND_MS : ROUND_AGAIN_MS;
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

static bool open_channels(struct app *app)
{
    struct buf why = {0};
    bool good = channel_env_open(&app->settings.channels, &app->env, &why) == OK;

    if (!good)
        log_error("bad setting", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return good;
}

static bool open_server(struct app *app, struct http_server **server_out)
{
    const struct http_server_options options = {
        .listen = app->settings.daemon.listen,
        .port = app->settings.daemon.port,
        .settings = &app->settings.http,
        .routes = NOTIFICATION_ROUTES,
        .n_routes = NOTIFICATION_ROUTES_N,
        .admit = service_admit,
        .app = app,
    };
    struct buf why = {0};
    bool good = http_server_open(&options, server_out, &why) == OK;

    if (!good)
        log_error("cannot serve", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return good;
}

/* Start and stop are mirror images. */
static int serve(struct app *app)
{
    struct http_server *server;
    int64_t until_ms = 0;

    ops_setup(is_ready, app);
    app->office = office_open(&app->settings, app->env);
    struct rounds *rounds = rounds_start(make_round, app);
    bool served = open_server(app, &server);
    if (served) {
        struct registrar *registrar = registrar_start(
            &app->settings.daemon, http_server_port(server), http_server_connections, server);
        stop_signal_wait();
        log_info("draining");
        registrar_stop(&registrar);
        until_ms = clock_mono_ms() + app->settings.daemon.drain_s * MS_PER_S;
        office_drain(app->office);
        http_server_drain(server, app->settings.daemon.drain_s * MS_PER_S);
        http_server_close(&server);
    }
    rounds_stop(&rounds);
    office_close(&app->office, until_ms);
    return served ? EXIT_SUCCESS : EXIT_FAILURE;
}

int notification_server_run(const struct notification_settings *settings)
{
    struct app app = {.settings = *settings};

    stop_signal_block();
    if (!open_channels(&app))
        return EXIT_FAILURE;
    courier_setup();
    accept_metrics_setup();
    open_redis(settings);
    app.keys = public_keys_new();
    int status = serve(&app);
    public_keys_free(&app.keys);
    redis_pool_close();
    channel_env_close(&app.env);
    log_info("stopped");
    return status;
}
