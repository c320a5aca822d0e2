#include "delivery.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "conn.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "epoch.h"
#include "joining.h"
#include "positions.h"
#include "resync.h"
#include "store/conversation.h"
#include "store/keys.h"

#define GAP_MS 20
#define PENDING_MAX 512 /* frames of others beyond a gap; more are read from the log again */

struct arrival { /* waiting for its turn, or an ack waiting for it */
    struct arrival *next;
    int64_t seq;
    struct frame *frame; /* NULL: only the ack */
    struct origin origin;
};

static struct metric deliveries = {.name = "chatapp_chat_deliveries_total",
                                   .kind = METRIC_COUNTER,
                                   .help = "Frames of conversations queued for connections"};
static struct metric gaps = {.name = "chatapp_chat_gap_reads_total",
                             .kind = METRIC_COUNTER,
                             .help = "Times the log was read because a bell was missed"};

static void acknowledge(struct server *server, struct origin origin)
{
    if (origin.ack == NULL)
        return;
    struct conn *conn = conn_get(&server->conns, origin.conn);
    if (conn != NULL)
        ws_send(conn->base.ws, origin.ack);
    else
        frame_unref(origin.ack);
}

/* To every connection of every member here, but the one that sent it. */
static void fan_out(struct server *server, const struct room *room, struct frame *frame,
                    struct origin origin)
{
    const struct conn *sender = conn_get(&server->conns, origin.conn);

    metric_add(&deliveries, conn_send_to_room(room, frame, sender));
}

static void apply_membership(struct server *server, struct room *room, const struct record *record)
{
    str action;
    str name;

    if (!record_member_event(record, &action, &name))
        return;
    struct user *user = hub_user(&server->hub, name);
    if (user == NULL)
        return;
    if (str_eq(action, STR("left")) || str_eq(action, STR("removed"))) {
        hub_note_departure(user, room, record->seq);
        for (uint32_t i = 0; i < user->conns_n; i++)
            positions_forget(user->conns[i], room);
        hub_unsubscribe(&server->hub, user, room);
    } else if (str_eq(action, STR("joined")) && hub_subscription(user, room) == NULL) {
        joining_begin(server, user, str_of(room->id.text), record->seq - 1);
    }
}

/* The frame whose turn it is. Takes over both references. */
static void deliver_next(struct server *server, struct room *room, int64_t seq, struct frame *frame,
                         struct origin origin)
{
    CHECK(seq == room->delivered + 1);
    room->delivered = seq;
    fan_out(server, room, frame, origin);
    acknowledge(server, origin);
    if (room->last != NULL)
        frame_unref(room->last);
    room->last = frame;
}

static void gap_due(uv_timer_t *timer);

static void wait_in_line(struct server *server, struct room *room, struct arrival arrival)
{
    struct arrival **at = &room->pending;
    size_t n = 0;

    for (; *at != NULL && (*at)->seq <= arrival.seq; at = &(*at)->next)
        n++;
    if (n >= PENDING_MAX && arrival.origin.ack == NULL) {
        if (arrival.frame != NULL)
            frame_unref(arrival.frame); /* the log has it */
    } else {
        struct arrival *a = mem_alloc(sizeof *a);
        *a = arrival;
        a->next = *at;
        *at = a;
    }
    if (!uv_is_active((uv_handle_t *)&server->gap_timer))
        (void)uv_timer_start(&server->gap_timer, gap_due, GAP_MS, 0);
}

/* What waited for this very moment, and what has been overtaken by the log. */
static void deliver_pending(struct server *server, struct room *room)
{
    while (room->pending != NULL && room->pending->seq <= room->delivered + 1) {
        struct arrival *a = room->pending;
        bool its_turn = a->seq == room->delivered + 1;
        if (its_turn && a->frame == NULL)
            return; /* an ack must wait for its message */
        room->pending = a->next;
        if (its_turn) {
            deliver_next(server, room, a->seq, a->frame, a->origin);
        } else {
            if (a->frame != NULL)
                frame_unref(a->frame);
            acknowledge(server, a->origin);
        }
        free(a);
    }
}

static bool is_overtaken(const struct room *room, int64_t seq)
{
    return !room->live || seq <= room->delivered;
}

static void deliver_member_event(struct server *server, struct room *room,
                                 const struct record *record)
{
    room->holds++; /* it may take the last subscription away */
    apply_membership(server, room, record);
    hub_release_room(&server->hub, room);
}

void deliver(struct server *server, struct room *room, const struct record *record,
             struct frame *frame, struct origin origin)
{
    if (is_overtaken(room, record->seq)) {
        frame_unref(frame);
        acknowledge(server, origin);
        return;
    }
    /* A member event is never kept waiting: the log will bring it, in order. */
    if (record->seq > room->delivered + 1) {
        if (record->kind == RECORD_MEMBER) {
            frame_unref(frame);
            frame = NULL;
        }
        wait_in_line(server, room, (struct arrival){NULL, record->seq, frame, origin});
        return;
    }
    room->holds++;
    deliver_next(server, room, record->seq, frame, origin);
    if (record->kind == RECORD_MEMBER)
        deliver_member_event(server, room, record);
    deliver_pending(server, room);
    hub_release_room(&server->hub, room);
}

void deliver_record(struct server *server, struct room *room, const struct record *record,
                    struct origin origin)
{
    struct buf text = {0};

    record_add_frame(&text, str_of(room->id.text), record);
    deliver(server, room, record, frame_text(buf_view(&text)), origin);
    buf_fini(&text);
}

void deliver_ack(struct server *server, struct room *room, int64_t seq, struct origin origin)
{
    if (room == NULL || is_overtaken(room, seq))
        acknowledge(server, origin);
    else
        wait_in_line(server, room, (struct arrival){NULL, seq, NULL, origin});
}

/* ---- the log ---- */

struct log_read {
    struct server *server;
    struct room *room; /* held */
    int64_t delivered; /* when it was asked for: bells may overtake the answer */
    uint32_t epochs;   /* then; positions of an older epoch mean nothing */
};

static void log_was_read(void *context, const struct redisReply *reply);

static void read_log(struct server *server, struct room *room)
{
    struct redis_command c;

    if (room->catching_up || !room->live)
        return;
    conversation_page_after(&c, str_of(room->id.text), STR(""), room->delivered, PAGE_MAX);
    struct log_read *r = mem_alloc(sizeof *r);
    *r = (struct log_read){server, room, room->delivered, server->epochs};
    if (redis_send(server->redis, &c, log_was_read, r) != OK) {
        free(r);
        resync_later(server->resync);
        return;
    }
    room->catching_up = true;
    room->holds++;
}

/* A gap that the log does not fill means that the store lost data, or that retention was quicker than we: what is
 * left is delivered from where it begins again. */
static void deliver_page(struct server *server, struct room *room, int64_t after,
                         const struct conversation_page *page)
{
    struct record record;

    if (page->n == 0 && page->seq > room->delivered)
        room->delivered = page->seq;
    for (size_t i = 0; i < page->n; i++) {
        if (record_parse(conversation_page_record(page, i), &record) != OK) {
            log_error("a damaged record in the log", F_Z("conversation", room->id.text));
            if (room->delivered == after + (int64_t)i)
                room->delivered++; /* nobody can have it */
            continue;
        }
        if (record.seq > room->delivered + 1)
            room->delivered = record.seq - 1;
        deliver_record(server, room, &record, ORIGIN_NONE);
    }
}

static void log_was_read(void *context, const struct redisReply *reply)
{
    struct log_read r = *(struct log_read *)context;
    struct conversation_page page;

    free(context);
    r.room->catching_up = false;
    if (conversation_paged(reply, &page) == OK && r.epochs == r.server->epochs) {
        if (page.seq < r.delivered) {
            epoch_lost(r.server);
        } else {
            deliver_page(r.server, r.room, r.delivered, &page);
            if (page.more)
                read_log(r.server, r.room);
        }
    }
    hub_release_room(&r.server->hub, r.room);
}

static void gap_due(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct room *room;
    size_t at = 0;
    bool more = false;

    while ((room = map_next(&server->hub.rooms, &at)) != NULL) {
        if (room->pending == NULL)
            continue;
        more = true;
        if (room->catching_up)
            continue;
        metric_add(&gaps, 1);
        read_log(server, room);
    }
    if (more)
        (void)uv_timer_start(timer, gap_due, GAP_MS, 0);
}

void delivery_catch_up(struct server *server, struct room *room)
{
    struct redis_command c;

    conversation_add_node(&c, str_of(room->id.text), server_node(server));
    bool sent = redis_send(server->redis, &c, NULL, NULL) == OK;
    if (!room->live)
        room->heard = SEQ_MAX; /* read the log once it is */
    else if (sent)             /* bells first, then the log: nothing falls between */
        read_log(server, room);
    if (!sent)
        resync_later(server->resync);
}

void delivery_start(struct server *server, struct room *room, int64_t seq, str last_record)
{
    struct record record;
    struct buf text = {0};

    if (room->live)
        return;
    room->live = true;
    room->delivered = seq;
    if (last_record.n > 0 && record_parse(last_record, &record) == OK) {
        record_add_frame(&text, str_of(room->id.text), &record);
        room->last = frame_text(buf_view(&text));
        buf_fini(&text);
    }
    if (room->heard > seq) /* a bell was quicker than the reply */
        read_log(server, room);
}

void delivery_open(struct server *server)
{
    (void)uv_timer_init(&server->daemon.loop, &server->gap_timer);
    server->gap_timer.data = server;
    metric_register(&deliveries);
    metric_register(&gaps);
}

void delivery_forget(struct room *room)
{
    while (room->pending != NULL) {
        struct arrival *a = room->pending;
        room->pending = a->next;
        if (a->frame != NULL)
            frame_unref(a->frame);
        if (a->origin.ack != NULL)
            frame_unref(
                a->origin.ack); /* nobody of the room is here; a resend is acked as a duplicate */
        free(a);
    }
    if (room->last != NULL)
        frame_unref(room->last);
    room->last = NULL;
}
