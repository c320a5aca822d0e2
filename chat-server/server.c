#include "server.h"

#include <stdlib.h>

#include "base/clock.h"
#include "bells.h"
#include "conn.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "delivery.h"
#include "epoch.h"
#include "joining.h"
#include "leaving.h"
#include "positions.h"
#include "resync.h"
#include "send.h"
#include "store/conversation.h"
#include "store/keys.h"

#define TICK_MS 100

/* ---- Redis ---- */

static void redis_up(void *context)
{
    struct server *s = context;

    due_marks_up(s);
    epoch_read(s);
    conn_server_redis_up(&s->conns);
    if (redis_subscriber_is_up(s->subscriber))
        resync_begin(s->resync);
    if (s->was_up) /* a stalled Redis may still have run what the old connection left behind */
        resync_later(s->resync);
    s->was_up = true;
}

static void subscriber_up(void *context)
{
    struct server *s = context;

    if (!redis_client_is_up(s->redis))
        return; /* redis_up() will do it */
    ended_look(s->conns.ended);
    resync_begin(s->resync);
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
    else if (conn_server_is_ready(&s->conns, why) && s->epoch[0] == '\0')
        buf_add_str(why, STR("epoch: not read yet"));
    return why->n == 0;
}

static void open_subscriber(struct server *s)
{
    char channel[sizeof CHANNEL_NODE + NODE_ID_LEN];

    (void)snprintf(channel, sizeof channel, "%s%s", CHANNEL_NODE, s->node.text);
    const char *const channels[] = {channel, CHANNEL_ENDED, NULL};
    s->subscriber = redis_subscriber_open(&s->daemon.loop, &s->daemon.redis_url, s->redis,
                                          &(struct redis_subscriber_options){
                                              .channels = channels,
                                              .silence_ms = (int)s->settings.conn.redis_timeout_ms,
                                              .on_up = subscriber_up,
                                              .on_message = bell,
                                              .context = s,
                                          });
}

/* ---- the hub's last goodbyes ---- */

static void room_gone(void *context, struct room *room)
{
    struct server *s = context;

    delivery_forget(room);
    if (s->leaving != NULL) /* else the process ends */
        leaving_conversation(s->leaving, str_of(room->id.text));
}

static void user_gone(void *context, struct user *user)
{
    struct server *s = context;

    if (s->leaving != NULL)
        leaving_user(s->leaving, username_view(&user->name));
}

/* ---- start and stop ---- */

static void expire(uv_timer_t *timer)
{
    struct server *s = timer->data;
    int64_t now_ms = clock_mono_ms();

    conn_server_tick(&s->conns, now_ms);
    joining_retry(s);
    due_marks_tick(s);
    positions_expire(s, now_ms);
    typing_expire(s, now_ms);
}

static void start_tick(struct server *s)
{
    (void)uv_timer_init(&s->daemon.loop, &s->tick);
    s->tick.data = s;
    (void)uv_timer_start(&s->tick, expire, TICK_MS, TICK_MS);
}

static enum err open_all(struct server *s, int listen_fd)
{
    struct redis_client_options redis = {.in_flight_max =
                                             (size_t)s->settings.conn.redis_in_flight_max,
                                         .timeout_ms = (int)s->settings.conn.redis_timeout_ms,
                                         .on_up = redis_up,
                                         .context = s};
    enum err err = ws_daemon_init(&s->daemon, &s->settings.common, &redis);

    if (err != OK)
        return err;
    s->redis = s->daemon.redis;
    s->node = id_new();
    s->hub = (struct hub){.room_gone = room_gone, .user_gone = user_gone, .context = s};
    open_subscriber(s);
    conn_server_open(&s->conns, &CHAT_CONN, &s->settings.conn, &s->daemon, s);
    s->resync = resync_open(s);
    s->leaving = leaving_open(s);
    delivery_open(s);
    send_register_metrics();
    due_marks_register_metrics();
    start_tick(s);
    ops_setup(is_ready, s);
    return conn_server_listen(&s->conns, listen_fd);
}

static void close_all(struct server *s)
{
    conn_server_close(&s->conns);
    resync_close(&s->resync);
    leaving_close(&s->leaving);
    redis_subscriber_close(&s->subscriber);
    uv_close((uv_handle_t *)&s->gap_timer, NULL);
    uv_close((uv_handle_t *)&s->tick, NULL);
    ws_daemon_fini(&s->daemon);
    joining_give_up(s);
    typing_fini(&s->typing);
    hub_fini(&s->hub);
    conn_server_fini(&s->conns);
    rate_book_fini(&s->send_rates);
    due_marks_fini(&s->due_marks);
}

int server_run(const struct chat_settings *settings, int listen_fd)
{
    static struct server server;

    server.settings = *settings;
    if (open_all(&server, listen_fd) != OK)
        return EXIT_FAILURE; /* the process ends: the system takes back the rest */
    ws_daemon_run(&server.daemon);
    close_all(&server);
    return EXIT_SUCCESS;
}
