#include "api_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "handlers.h"
#include "housekeeper.h"
#include "http/http_server.h"
#include "http/stop_signal.h"
#include "redis/redis_pool.h"
#include "registry/registrar.h"
#include "retention.h"
#include "router.h"

#define MS_PER_DAY INT64_C(86400000)
#define MIB (1024 * 1024)

static bool is_ready(void *context, struct buf *why)
{
    const struct api *api = context;

    if (redis_ping() != OK)
        buf_add_str(why, STR("redis: unavailable"));
    else if (!api_keys_published(api->keys))
        buf_add_str(why, STR("keys: not published yet"));
    else
        return true;
    return false;
}

static void open_redis(const struct api_settings *settings, struct redis_url *url_out)
{
    const struct redis_pool_options options = {
        .connections_max = (size_t)settings->redis_connections,
        .timeout_ms = (int)settings->redis_timeout_ms,
    };
    const char *why;

    if (redis_url_parse(str_of(settings->daemon.redis_url), url_out, &why) != OK)
        abort(); /* daemon_start() has looked */
    redis_pool_open(url_out, &options);
}

static enum err open_keys(const struct api_settings *settings, struct api_keys **keys_out)
{
    struct buf why = {0};
    char *path = api_settings_key_path(settings);
    enum err err = api_keys_open(path, keys_out, &why);

    if (err != OK)
        log_error("no signing keys", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    free(path);
    return err;
}

static void forget_tokens(void *context)
{
    token_cache_clear(context);
}

static void api_init(struct api *api, const struct api_settings *settings)
{
    api->settings = *settings;
    api->password_cost =
        (struct password_cost){settings->password_memory_kib, settings->password_passes};
    api->session_ttl_ms = settings->refresh_token_days * MS_PER_DAY;
    api->tokens = token_cache_new();
    api_keys_follow(api->keys, forget_tokens, api->tokens);
    api->directory = directory_new();
    api->forwarder = forwarder_new(&(struct forward_options){
        .connect_ms = settings->gateway_connect_ms, .total_ms = settings->gateway_timeout_ms});
    api->accounts = account_cache_new((size_t)settings->account_cache_entries);
    api->pages = page_cache_new((size_t)settings->page_cache_mib * MIB);
    if (settings->web_client)
        api->web = web_files_new(WEB_EMBEDDED, WEB_EMBEDDED_N);
}

static void api_fini(struct api *api)
{
    web_files_free(&api->web);
    page_cache_free(&api->pages);
    account_cache_free(&api->accounts);
    forwarder_free(&api->forwarder);
    directory_free(&api->directory);
    token_cache_free(&api->tokens);
    api_keys_free(&api->keys);
}

static enum err open_server(struct api *api, struct http_server **server_out)
{
    const struct api_settings *s = &api->settings;
    const struct http_server_options options = {
        .listen = s->daemon.listen,
        .port = s->daemon.port,
        .settings = &s->http,
        .pool_threads = s->password_threads,
        .pool_queue = s->password_queue,
        .waiting_threads = s->gateway_threads,
        .waiting_queue = s->gateway_queue,
        .routes = API_ROUTES,
        .n_routes = API_ROUTES_N,
        .admit = router_admit,
        .elsewhere = web_get,
        .app = api,
    };
    struct buf why = {0};
    enum err err = http_server_open(&options, server_out, &why);

    if (err != OK)
        log_error("cannot serve", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return err;
}

/* Start and stop are mirror images. */
static int serve(struct api *api, const struct redis_url *url)
{
    struct http_server *server;

    ops_setup(is_ready, api);
    account_cache_follow(api->accounts, url);
    page_cache_follow(api->pages, url);
    struct housekeeper *housekeeper = housekeeper_start(api);
    struct retention *retention = retention_start(&api->settings);
    bool served = open_server(api, &server) == OK;
    if (served) {
        struct registrar *registrar = registrar_start(
            &api->settings.daemon, http_server_port(server), http_server_connections, server);
        stop_signal_wait();
        log_info("draining");
        registrar_stop(&registrar);
        http_server_drain(server, api->settings.daemon.drain_s * 1000);
        forwarder_abort(api->forwarder);
        http_server_close(&server);
    }
    retention_stop(&retention);
    housekeeper_stop(&housekeeper);
    return served ? EXIT_SUCCESS : EXIT_FAILURE;
}

int api_server_run(const struct api_settings *settings)
{
    struct api api = {0};
    struct redis_url url;

    stop_signal_block();
    if (open_keys(settings, &api.keys) != OK)
        return EXIT_FAILURE;
    api_init(&api, settings);
    open_redis(settings, &url);
    int status = serve(&api, &url);
    api_fini(&api);
    redis_pool_close();
    log_info("stopped");
    return status;
}

int api_server_rotate_key(const struct api_settings *settings)
{
    struct buf why = {0};
    char *path = api_settings_key_path(settings);
    enum err err = keyset_rotate_file(path, &why);

    if (err == OK)
        printf("a new signing key is in %s\n", path);
    else
        (void)fprintf(stderr, "api-server: %s\n", buf_cstr(&why));
    buf_fini(&why);
    free(path);
    return err == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
