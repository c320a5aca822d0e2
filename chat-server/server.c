#include "server.h"

#include <stdlib.h>

#include "base/check.h"
#include "bells.h"
#include "conn.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "delivery.h"
#include "epoch.h"
#include "frames_in.h"
#include "resync.h"
#include "send.h"
#include "store/conversation.h"
#include "store/keys.h"

#define KIB 1024
#define MS_PER_S 1000

/* ---- Redis ---- */

static void redis_up(void *context)
{
    struct server *s = context;

    epoch_read(s);
    keyring_refresh(s->keyring);
    ended_look(s->ended);
    if (redis_subscriber_is_up(s->subscriber))
        resync_begin(s->resync);
}

static void subscriber_up(void *context)
{
    struct server *s = context;

    if (!redis_client_is_up(s->redis))
        return; /* redis_up() will do it */
    ended_look(s->ended);
    resync_begin(s->resync);
}

static void redis_down(void *context)
{
    (void)context; /* logged by the client; whatever was in flight has had its answer */
}

static void bell(void *context, str channel, str payload)
{
    bells_message(context, channel, payload);
}

static bool is_ready(void *context, struct buf *why)
{
    const struct server *s = context;

    if (!redis_client_is_up(s->redis) || !redis_subscriber_is_up(s->subscriber))
        buf_add_str(why, STR("redis: not connected"));
    else if (!keyring_is_ready(s->keyring))
        buf_add_str(why, STR("keys: none in Redis yet; is an api-server running?"));
    else if (s->epoch[0] == '\0')
        buf_add_str(why, STR("epoch: not read yet"));
    return why->n == 0;
}

static enum err open_redis(struct server *s)
{
    struct redis_url url;
    const char *why;
    char channel[sizeof CHANNEL_NODE + NODE_ID_LEN];

    if (redis_url_parse(str_of(s->settings.common.redis_url), &url, &why) != OK) {
        log_error("--redis-url is not good", F_Z("why", why));
        return ERR_INVALID;
    }
    (void)snprintf(channel, sizeof channel, "%s%s", CHANNEL_NODE, s->node.text);
    const char *const channels[] = {channel, CHANNEL_ENDED, NULL};
    s->redis = redis_client_open(&s->loop, &url,
                                 &(struct redis_client_options){
                                     .in_flight_max = (size_t)s->settings.redis_in_flight_max,
                                     .timeout_ms = (int)s->settings.redis_timeout_ms,
                                     .on_up = redis_up,
                                     .on_down = redis_down,
                                     .context = s,
                                 });
    s->subscriber = redis_subscriber_open(&s->loop, &url, s->redis,
                                          &(struct redis_subscriber_options){
                                              .channels = channels,
                                              .silence_ms = (int)s->settings.redis_timeout_ms,
                                              .on_up = subscriber_up,
                                              .on_down = redis_down,
                                              .on_message = bell,
                                              .context = s,
                                          });
    sodium_memzero(&url, sizeof url);
    return OK;
}

/* ---- the hub's last goodbyes ---- */

static void room_gone(void *context, struct room *room)
{
    struct server *s = context;
    struct redis_command c;

    delivery_forget(room);
    conversation_leave_node(&c, str_of(room->id.text), server_node(s));
    (void)!redis_send(s->redis, &c, NULL, NULL); /* else the next bell finds nobody, and forgets us */
}

static void user_gone(void *context, struct user *user)
{
    struct server *s = context;
    struct redis_command c;

    user_leave_node(&c, username_view(&user->name), server_node(s));
    (void)!redis_send(s->redis, &c, NULL, NULL);
}

static void session_ended(void *context, str name, str session)
{
    struct server *s = context;
    const struct user *user = hub_user(&s->hub, name);

    for (uint32_t i = 0; user != NULL && i < user->conns_n; i++)
        if (str_eq(str_of(user->conns[i]->session), session))
            ws_close(user->conns[i]->ws, WS_CLOSE_NOT_SIGNED_IN, "the session has ended");
}

/* ---- start and stop ---- */

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
    log_info("draining", F_INT("signal", number), F_INT("connections", ws_server_connections()));
    ops_drain();
    ws_server_drain(s->settings.common.drain_s * MS_PER_S, drained, s);
}

static void watch_signal(struct server *s, uv_signal_t *handle, int number)
{
    (void)uv_signal_init(&s->loop, handle);
    handle->data = s;
    (void)uv_signal_start(handle, stop, number);
}

static enum err open_ws(struct server *s)
{
    struct buf why = {0};
    enum err err = ws_server_open(&s->loop,
                                  &(struct ws_options){
                                      .listen = s->settings.common.listen,
                                      .port = (int)s->settings.common.port,
                                      .allowed_origins = s->settings.allowed_origins,
                                      .message_max = FRAME_MAX,
                                      .queue_max = (size_t)s->settings.queue_max_kib * KIB,
                                      .connections_max = (size_t)s->settings.max_connections,
                                      .ping_s = (int)s->settings.ping_interval_s,
                                  },
                                  &CONN_HANDLERS, s, &why);
    if (err != OK)
        log_error("cannot start", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return err;
}

static enum err open_all(struct server *s)
{
    CHECK(uv_loop_init(&s->loop) == 0);
    s->node = id_new();
    s->hub = (struct hub){.room_gone = room_gone, .user_gone = user_gone, .context = s};
    watch_signal(s, &s->on_sigterm, SIGTERM);
    watch_signal(s, &s->on_sigint, SIGINT);
    delivery_open(s);
    send_register_metrics();
    conn_watch_auth(s);
    s->resync = resync_open(s);
    enum err err = open_redis(s);
    if (err != OK)
        return err;
    s->keyring = keyring_open(&s->loop, s->redis);
    s->ended = ended_open(&s->loop, s->redis, session_ended, s);
    ops_setup(is_ready, s);
    return open_ws(s);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_all(struct server *s)
{
    keyring_close(&s->keyring);
    ended_close(&s->ended);
    resync_close(&s->resync);
    redis_subscriber_close(&s->subscriber);
    redis_client_close(&s->redis);
    close_handle((uv_handle_t *)&s->gap_timer);
    close_handle((uv_handle_t *)&s->auth_timer);
    close_handle((uv_handle_t *)&s->on_sigterm);
    close_handle((uv_handle_t *)&s->on_sigint);
    ws_server_close();
    CHECK(uv_loop_close(&s->loop) == 0);
    hub_fini(&s->hub);
    conn_table_fini(&s->conns);
    tally_fini(&s->addresses);
}

int server_run(const struct chat_settings *settings)
{
    static struct server server;
    struct server *s = &server;

    s->settings = *settings;
    if (open_all(s) != OK)
        return EXIT_FAILURE; /* the process ends: the system takes back the rest */
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    close_all(s);
    log_info("stopped");
    return EXIT_SUCCESS;
}
