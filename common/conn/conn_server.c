#include "conn/conn_server.h"

#include <stdlib.h>

#include "base/clock.h"
#include "conn/conn_base.h"
#include "conn/conn_pace.h"
#include "conn/sessions.h"
#include "store/keys.h"

#define KIB 1024
#define TICK_MS 100
#define CHANNEL_MAX 64

/* ---- what happens on the loop ---- */

static void redis_up(void *context)
{
    const struct conn_server *s = context;

    keyring_refresh(s->keyring);
    ended_look(s->ended);
    s->events->redis_up(s->context);
}

static void subscriber_up(void *context)
{
    const struct conn_server *s = context;

    if (!redis_client_is_up(s->daemon->redis))
        return; /* redis_up() will do it */
    ended_look(s->ended);
    s->events->bells_up(s->context);
}

static void bell(void *context, str channel, str payload)
{
    const struct conn_server *s = context;
    s->events->bell(s->context, channel, payload);
}

static void session_ended(void *context, str user, str session)
{
    const struct conn_server *s = context;

    if (s->kind->has_user(s->context, user))
        sessions_verify(s->sessions, user, session);
}

static void expire(uv_timer_t *timer)
{
    struct conn_server *s = timer->data;
    int64_t now_ms = clock_mono_ms();

    door_expire(&s->doors, now_ms);
    conn_unthrottle(s);
    s->events->tick(s->context, now_ms);
}

/* ---- start and stop ---- */

static enum err open_daemon(struct conn_server *s, const struct daemon_settings *common)
{
    return ws_daemon_init(s->daemon, common,
                          &(struct redis_client_options){
                              .in_flight_max = (size_t)s->settings->redis_in_flight_max,
                              .timeout_ms = (int)s->settings->redis_timeout_ms,
                              .on_up = redis_up,
                              .context = s,
                          });
}

static void open_subscriber(struct conn_server *s)
{
    char own[CHANNEL_MAX];

    (void)snprintf(own, sizeof own, "%s%s", s->events->own_channel, s->node.text);
    const char *const channels[] = {own, CHANNEL_ENDED, s->events->shared_channel, NULL};
    s->subscriber = redis_subscriber_open(&s->daemon->loop, &s->daemon->redis_url, s->daemon->redis,
                                          &(struct redis_subscriber_options){
                                              .channels = channels,
                                              .silence_ms = (int)s->settings->redis_timeout_ms,
                                              .on_up = subscriber_up,
                                              .on_message = bell,
                                              .context = s,
                                          });
}

static void start_tick(struct conn_server *s)
{
    (void)uv_timer_init(&s->daemon->loop, &s->tick);
    s->tick.data = s;
    (void)uv_timer_start(&s->tick, expire, TICK_MS, TICK_MS);
}

enum err conn_server_open(struct conn_server *s, const struct daemon_settings *common)
{
    enum err err = open_daemon(s, common);

    if (err != OK)
        return err;
    s->node = id_new();
    open_subscriber(s);
    s->keyring = keyring_open(&s->daemon->loop, s->daemon->redis);
    s->ended = ended_open(&s->daemon->loop, s->daemon->redis, session_ended, s);
    s->sessions = sessions_open(s);
    start_tick(s);
    return OK;
}

static bool more_is_coming(void *context)
{
    const struct conn_server *s = context;
    return s->kind->more_is_coming(s->context);
}

static void flush_store(void *context)
{
    redis_client_flush(((const struct conn_server *)context)->daemon->redis);
}

enum err conn_server_listen(struct conn_server *s, int listen_fd)
{
    struct ws_options options = {
        .allowed_origins = s->settings->allowed_origins,
        .message_max = FRAME_MAX,
        .queue_max = (size_t)s->settings->queue_max_kib * KIB,
        .connections_max = (size_t)s->settings->max_connections,
        .more_is_coming = s->kind->more_is_coming != NULL ? more_is_coming : NULL,
        .flush_store = flush_store,
        .ping_s = (int)s->settings->ping_interval_s,
    };

    return ws_daemon_listen(s->daemon, listen_fd, &options, &CONN_HANDLERS, s);
}

bool conn_server_is_ready(const struct conn_server *s, struct buf *why)
{
    bool connected = redis_client_is_up(s->daemon->redis) && redis_subscriber_is_up(s->subscriber);
    bool ready = connected && keyring_is_ready(s->keyring);

    if (!connected)
        buf_add_str(why, STR("redis: not connected"));
    else if (!ready)
        buf_add_str(why, STR("keys: none in Redis yet; is an api-server running?"));
    return ready;
}

void conn_server_close(struct conn_server *s)
{
    keyring_close(&s->keyring);
    ended_close(&s->ended);
    sessions_close(&s->sessions);
    redis_subscriber_close(&s->subscriber);
    uv_close((uv_handle_t *)&s->tick, NULL);
}

void conn_server_fini(struct conn_server *s)
{
    free(s->throttled);
    conn_table_fini(&s->table);
    tally_fini(&s->addresses);
}
