#include "joining.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "daemon/log.h"
#include "delivery.h"
#include "frames_out.h"
#include "resync.h"
#include "store/conversation.h"

/* A connection that became ready meanwhile, and knows the conversation up to there from its `ready`. */
struct floor {
    struct conn_ref conn;
    int64_t seq;
};

struct joining {
    struct joining *next;         /* user->joinings */
    struct joining *stalled_next; /* server->stalled */
    struct server *server;
    struct user *user; /* held */
    struct room *room; /* held */
    struct conversation_id conversation;
    int64_t base;  /* what a connection without a floor has; JOINED_UNKNOWN until viewed */
    int64_t after; /* up to here it was read and sent */
    bool to_view;  /* stalled: the view is still to be asked for */
    bool parked; /* until the user's sign-ins are over: `ready` may name the conversation, or not */
    struct floor *floors;
    size_t floors_n;
    joining_done_fn *done;
    void *context;
};

static struct joining *find(const struct user *user, str conversation)
{
    struct joining *j = user->joinings;
    while (j != NULL && !str_eq(str_of(j->conversation.text), conversation))
        j = j->next;
    return j;
}

static void finish(struct joining *j, enum err err)
{
    struct joining **at = &j->user->joinings;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    if (err == ERR_UNAVAILABLE)
        resync_later(j->server->resync);
    if (j->done != NULL)
        j->done(j->context, err);
    hub_release_room(&j->server->hub, j->room);
    hub_release_user(&j->server->hub, j->user);
    free(j->floors);
    free(j);
}

/* Redis is away: goes on from here when it is back. What its connections know must not be forgotten. */
static void stall(struct joining *j)
{
    if (j->done != NULL)
        j->done(j->context, ERR_UNAVAILABLE);
    j->done = NULL;
    j->stalled_next = j->server->stalled;
    j->server->stalled = j;
}

/* NULL: the connection's `ready` did not name the conversation. */
static const struct floor *floor_of(const struct joining *j, const struct conn *conn)
{
    for (size_t i = 0; i < j->floors_n; i++)
        if (conn_get(&j->server->conns, j->floors[i].conn) == conn)
            return &j->floors[i];
    return NULL;
}

static int64_t lowest_floor(const struct joining *j, int64_t seq)
{
    for (size_t i = 0; i < j->floors_n; i++)
        if (j->floors[i].seq < seq && conn_get(&j->server->conns, j->floors[i].conn) != NULL)
            seq = j->floors[i].seq;
    return seq;
}

/* The conversation as such, to those that do not know of it. */
static void announce(const struct joining *j, const struct conversation_view *view)
{
    struct buf text = {0};

    frame_out_conversation(&text, str_of(j->conversation.text), view, clock_wall_ms());
    struct frame *frame = frame_text(buf_view(&text));
    buf_fini(&text);
    for (uint32_t i = 0; i < j->user->conns_n; i++)
        if (floor_of(j, j->user->conns[i]) == NULL)
            ws_send(j->user->conns[i]->base.ws, frame_ref(frame));
    frame_unref(frame);
}

/* A frame of it, to those that do not have it. */
static void send_record(const struct joining *j, int64_t seq, struct frame *frame)
{
    for (uint32_t i = 0; i < j->user->conns_n; i++) {
        const struct floor *floor = floor_of(j, j->user->conns[i]);
        if (seq > (floor ? floor->seq : j->base))
            ws_send(j->user->conns[i]->base.ws, frame_ref(frame));
    }
    frame_unref(frame);
}

static void page_read(void *context, const struct redisReply *reply);

/* A new epoch has begun; or a sign-in has subscribed the user, when nobody else was there; or nobody is left to tell, who
 * may be signing in again. */
static bool gives_up(struct joining *j)
{
    if (!j->room->live)
        finish(j, ERR_UNAVAILABLE);
    else if (hub_subscription(j->user, j->room) != NULL)
        finish(j, OK);
    else if (j->user->conns_n == 0 && j->user->signing_in == 0)
        finish(j, ERR_NOT_FOUND);
    else if (j->user->conns_n == 0)
        j->parked = true;
    else
        return false;
    return true;
}

/* Subscribes once the user's connections have what this server has delivered; until then reads on: as the server, for a
 * removal meanwhile is found in what is read. */
static void catch_up(struct joining *j)
{
    struct redis_command c;

    if (gives_up(j))
        return;
    if (j->after >= j->room->delivered) {
        hub_subscribe(j->user, j->room);
        finish(j, OK);
        return;
    }
    conversation_page_after(&c, str_of(j->conversation.text), STR(""), j->after, PAGE_MAX);
    if (redis_send(j->server->redis, &c, page_read, j) != OK)
        stall(j);
}

static bool takes_out(const struct record *record, str user)
{
    str action;
    str name;

    return record_member_event(record, &action, &name) && str_eq(name, user) &&
           (str_eq(action, STR("left")) || str_eq(action, STR("removed")));
}

/* Sends what this server has delivered of the page. True: the last of it took the user out. */
static bool send_page(struct joining *j, const struct conversation_page *page)
{
    struct record record;
    bool out = false;

    for (size_t i = 0; i < page->n && !out; i++) {
        struct buf text = {0};
        if (record_parse(conversation_page_record(page, i), &record) != OK ||
            record.seq > j->room->delivered)
            break;
        record_add_frame(&text, str_of(j->conversation.text), &record);
        send_record(j, record.seq, frame_text(buf_view(&text)));
        buf_fini(&text);
        j->after = record.seq;
        out = takes_out(&record, username_view(&j->user->name));
    }
    return out;
}

static void look(struct joining *j);

/* Taken out meanwhile, and perhaps added again: those who have been told of that are told anew, if so; a connection that
 * became ready after it goes on where it is. */
static void start_again(struct joining *j)
{
    size_t n = 0;

    for (size_t i = 0; i < j->floors_n; i++)
        if (j->floors[i].seq >= j->after)
            j->floors[n++] = j->floors[i];
    j->floors_n = n;
    if (j->base < j->after)
        j->base = JOINED_UNKNOWN;
    look(j);
}

static void page_read(void *context, const struct redisReply *reply)
{
    struct joining *j = context;
    struct conversation_page page;
    enum err err = conversation_paged(reply, &page);

    if (gives_up(j))
        return;
    if (err != OK) {
        stall(j);
        return;
    }
    int64_t before = j->after;
    if (send_page(j, &page)) {
        start_again(j);
        return;
    }
    if (j->after == before) { /* retention has dropped what is missing, or it is damaged */
        j->after = j->room->delivered;
        log_error("frames of a conversation cannot be read",
                  F_Z("conversation", j->conversation.text));
    }
    catch_up(j);
}

void joining_retry(struct server *server)
{
    struct joining *j = server->stalled;

    if (j == NULL || !redis_client_is_up(server->redis))
        return;
    server->stalled = NULL;
    for (struct joining *next; j != NULL; j = next) {
        next = j->stalled_next;
        if (j->to_view)
            look(j);
        else
            catch_up(j);
    }
}

void joining_give_up(struct server *server)
{
    while (server->stalled != NULL) {
        struct joining *j = server->stalled;
        server->stalled = j->stalled_next;
        finish(j, ERR_UNAVAILABLE);
    }
}

static void viewed(void *context, const struct redisReply *reply)
{
    struct joining *j = context;
    struct conversation_view view;
    enum err err = conversation_viewed(reply, &view);

    if (err == ERR_UNAVAILABLE) {
        j->to_view = true;
        stall(j);
        return;
    }
    if (err != OK) {
        finish(j, err);
        return;
    }
    if (hub_subscription(j->user, j->room) != NULL) {
        finish(j, OK);
        return;
    }
    if (j->user->signing_in > 0) {
        j->parked = true;
        return;
    }
    delivery_start(j->server, j->room, view.seq, view.last);
    if (j->base == JOINED_UNKNOWN || j->base > j->room->delivered)
        j->base = view.read < j->room->delivered ? view.read : j->room->delivered;
    /* A `ready` of a server that lags is behind what was read elsewhere. */
    j->after = lowest_floor(j, j->base);
    if (j->base != view.seq)
        view.last = STR("");
    view.seq = j->base;
    announce(j, &view);
    catch_up(j);
}

static void look(struct joining *j)
{
    struct redis_command c;

    conversation_view(&c, str_of(j->conversation.text), username_view(&j->user->name),
                      server_node(j->server));
    j->to_view = redis_send(j->server->redis, &c, viewed, j) != OK;
    if (j->to_view)
        stall(j);
}

void joining_knows(struct user *user, struct conn_ref conn, str conversation, int64_t seq)
{
    struct joining *j = find(user, conversation);

    if (j == NULL)
        return;
    j->floors = mem_array(j->floors, j->floors_n + 1, sizeof j->floors[0]);
    j->floors[j->floors_n++] = (struct floor){conn, seq};
}

void joining_unpark(struct server *server, struct user *user)
{
    struct joining *next;

    user->holds++; /* the last one to finish must not take it away */
    for (struct joining *j = user->joinings; j != NULL; j = next) {
        next = j->next;
        if (!j->parked)
            continue;
        j->parked = false;
        if (hub_subscription(user, j->room) != NULL)
            finish(j, OK);
        else
            look(j);
    }
    hub_release_user(&server->hub, user);
}

void joining_wait(struct server *server, struct user *user, str conversation, int64_t after,
                  joining_done_fn *done, void *context)
{
    const struct room *room = hub_room(&server->hub, conversation);

    if (room != NULL && hub_subscription(user, room) != NULL) {
        if (done != NULL)
            done(context, OK);
        return;
    }
    struct joining *j = find(user, conversation);
    if (j != NULL) {
        CHECK(done == NULL || j->done == NULL);
        if (done != NULL) {
            j->done = done;
            j->context = context;
        }
        return;
    }
    j = mem_zalloc(sizeof *j);
    *j = (struct joining){.next = user->joinings,
                          .server = server,
                          .user = user,
                          .base = after,
                          .room = hub_hold_room(&server->hub, conversation),
                          .done = done,
                          .context = context};
    memcpy(j->conversation.text, conversation.p, conversation.n);
    user->joinings = j;
    user->holds++;
    look(j);
}

void joining_begin(struct server *server, struct user *user, str conversation, int64_t after)
{
    joining_wait(server, user, conversation, after, NULL, NULL);
}
