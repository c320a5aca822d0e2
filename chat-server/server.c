#include "server.h"

#include <stdlib.h>

#include "bells.h"
#include "conn.h"
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

/* ---- Redis ---- */

static void redis_up(void *context)
{
    struct server *s = context;

    due_marks_up(s);
    epoch_read(s);
    if (redis_subscriber_is_up(s->conns.subscriber))
        resync_begin(s->resync);
    if (s->was_up) /* a stalled Redis may still have run what the old connection left behind */
        resync_later(s->resync);
    s->was_up = true;
}

static void bells_up(void *context)
{
    resync_begin(((struct server *)context)->resync);
}

static void bell(void *context, str channel, str payload)
{
    bells_message(context, channel, payload);
}

static bool is_ready(void *context, struct buf *why)
{
    const struct server *s = context;

    if (conn_server_is_ready(&s->conns, why) && s->epoch[0] == '\0')
        buf_add_str(why, STR("epoch: not read yet"));
    return why->n == 0;
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

static void tick(void *context, int64_t now_ms)
{
    struct server *s = context;

    joining_retry(s);
    due_marks_tick(s);
    positions_expire(s, now_ms);
    typing_expire(s, now_ms);
}

static const struct conn_events EVENTS = {
    .own_channel = CHANNEL_NODE,
    .redis_up = redis_up,
    .bells_up = bells_up,
    .bell = bell,
    .tick = tick,
};

static enum err open_all(struct server *s, int listen_fd)
{
    s->conns = (struct conn_server){.kind = &CHAT_CONN,
                                    .events = &EVENTS,
                                    .settings = &s->settings.conn,
                                    .context = s,
                                    .daemon = &s->daemon};
    enum err err = conn_server_open(&s->conns, &s->settings.common);

    if (err != OK)
        return err;
    s->redis = s->daemon.redis;
    s->hub = (struct hub){.room_gone = room_gone, .user_gone = user_gone, .context = s};
    s->resync = resync_open(s);
    s->leaving = leaving_open(s);
    delivery_open(s);
    send_register_metrics();
    due_marks_register_metrics();
    ops_setup(is_ready, s);
    return conn_server_listen(&s->conns, listen_fd);
}

static void close_all(struct server *s)
{
    conn_server_close(&s->conns);
    resync_close(&s->resync);
    leaving_close(&s->leaving);
    uv_close((uv_handle_t *)&s->gap_timer, NULL);
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
