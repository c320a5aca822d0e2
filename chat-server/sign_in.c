#include "sign_in.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "delivery.h"
#include "joining.h"
#include "positions.h"
#include "sessions.h"
#include "store/conversation.h"
#include "json/json_out.h"

#define VIEWS_AT_ONCE 64 /* of one sign-in; a user may have thousands */

struct entry { /* a conversation of the user */
    struct conversation_id id;
    struct room *room;             /* held; NULL: not a member after all */
    struct conversation_view view; /* its texts are ours */
    char *name;
    char *peer;
    int64_t last_ms;
};

struct sign_in {
    struct server *server;
    struct user *user; /* held */
    struct conn_ref conn;
    size_t n;
    size_t asked;
    size_t answered;
    bool failed;
    struct entry *entries;
};

static void entry_fini(struct sign_in *s, struct entry *e)
{
    free(e->name);
    free(e->peer);
    if (e->room != NULL)
        hub_release_room(&s->server->hub, e->room);
}

static void sign_in_free(struct sign_in *s)
{
    hub_sign_in_ends(s->user);
    if (s->user->signing_in == 0)
        joining_unpark(s->server, s->user);
    for (size_t i = 0; i < s->n; i++)
        entry_fini(s, &s->entries[i]);
    free(s->entries);
    hub_release_user(&s->server->hub, s->user);
    free(s);
}

static void give_up(struct sign_in *s, enum ws_close_code code, const char *reason)
{
    struct conn *conn = conn_table_get(&s->server->conns, s->conn);
    if (conn != NULL)
        ws_close(conn->ws, code, reason);
    sign_in_free(s);
}

/* ---- ready ---- */

/* The room as it stands on this server at this moment: what comes after is delivered. */
static void refresh(struct entry *e)
{
    struct record last = {0};

    e->view.seq = e->room->delivered;
    e->view.last_frame = e->room->last ? frame_payload(e->room->last) : STR_NONE;
    last.tail = e->view.last_frame;
    e->last_ms = last.tail.n > 0 ? record_time(&last) : e->view.created;
}

static int newest_first(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    if (x->last_ms != y->last_ms)
        return x->last_ms < y->last_ms ? 1 : -1;
    return strcmp(y->id.text, x->id.text);
}

static bool add_conversations(const struct sign_in *s, struct buf *out)
{
    size_t shown = 0;
    int64_t now_ms = clock_wall_ms();

    json_open(out, "conversations", '[');
    for (size_t i = 0; i < s->n; i++) {
        const struct entry *e = &s->entries[i];
        if (shown == READY_CONVERSATIONS_MAX || out->n > READY_BYTES_MAX)
            return true;
        conversation_view_json(out, NULL, str_of(e->id.text), &e->view, now_ms);
        shown++;
    }
    return false;
}

static void make_ready_frame(const struct sign_in *s, const struct conn *conn, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "type", STR("ready"));
    json_put_str(out, "user", username_view(&s->user->name));
    json_put_str(out, "session", str_of(conn->session));
    json_put_str(out, "node", server_node(s->server));
    json_put_str(out, "epoch", str_of(s->server->epoch));
    json_put_int(out, "time", clock_wall_ms());
    bool more = add_conversations(s, out);
    json_close(out, ']');
    json_put_bool(out, "more", more);
    json_close(out, '}');
}

/* Conversations that turned out not to be the user's, or are not any more, are left out. */
static void drop_strange(struct sign_in *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        struct entry e = s->entries[i];
        if (e.room == NULL || hub_has_departed(s->user, e.room, e.view.seq)) {
            entry_fini(s, &e);
            continue;
        }
        refresh(&e);
        s->entries[kept++] = e;
    }
    s->n = kept;
}

/* A new epoch has begun meanwhile: positions mean nothing. */
static bool is_overtaken(const struct sign_in *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].room != NULL && !s->entries[i].room->live)
            return true;
    return s->server->epoch[0] == '\0';
}

static bool is_listed(const struct sign_in *s, const struct room *room)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].room == room)
            return true;
    return false;
}

/* Conversations that the user came into while this was going on. */
static void announce_new(struct sign_in *s)
{
    for (uint32_t i = 0; i < s->user->subscriptions_n; i++) {
        const struct room *room = s->user->subscriptions[i]->room;
        if (!is_listed(s, room))
            conversation_changed(s->server, s->user, str_of(room->id.text));
    }
}

static void remember_positions(const struct sign_in *s, struct conn *conn)
{
    if (s->n == 0)
        return;
    struct position *list = mem_array(NULL, s->n, sizeof *list);
    for (size_t i = 0; i < s->n; i++)
        list[i] = (struct position){s->entries[i].id, s->entries[i].view.seq};
    positions_keep(conn, list, s->n);
}

static void finish(struct sign_in *s)
{
    struct conn *conn = conn_table_get(&s->server->conns, s->conn);
    int64_t max = s->server->settings.max_connections_per_user;
    struct buf ready = {0};

    if (conn == NULL || ws_is_closing(conn->ws)) {
        sign_in_free(s);
        return;
    }
    if (s->failed || is_overtaken(s)) {
        give_up(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
        return;
    }
    if (max > 0 && s->user->conns_n >= max) {
        give_up(s, WS_CLOSE_TOO_MANY, "too many connections");
        return;
    }
    drop_strange(s);
    if (s->n > 1)
        qsort(s->entries, s->n, sizeof s->entries[0], newest_first);
    make_ready_frame(s, conn, &ready);
    for (size_t i = 0; i < s->n; i++)
        joining_knows(s->user, s->conn, str_of(s->entries[i].id.text), s->entries[i].view.seq);
    remember_positions(s, conn);
    conn_ready(conn, buf_view(&ready));
    if (ended_has(s->server->ended, str_of(conn->session))) /* announced while this was going on */
        sessions_verify(s->server->sessions, username_view(&s->user->name), str_of(conn->session));
    announce_new(s);
    buf_fini(&ready);
    sign_in_free(s);
}

/* ---- reading ---- */

struct asked {
    struct sign_in *sign_in;
    size_t i;
};

static void ask_more(struct sign_in *s);

static void take_view(struct sign_in *s, struct entry *e, const struct conversation_view *view)
{
    str id = str_of(e->id.text);

    e->view = *view;
    e->name = str_dup(view->name);
    e->peer = str_dup(view->peer);
    e->view.name = str_of(e->name);
    e->view.peer = str_of(e->peer);
    e->view.role = e->view.last = STR("");
    delivery_start(s->server, e->room, view->seq, view->last);
    if (hub_has_departed(s->user, e->room, view->seq))
        return;                /* the bell was quicker than this reply */
    if (s->user->conns_n == 0) /* nobody could have missed anything */
        hub_subscribe(s->user, e->room);
    else
        joining_begin(s->server, s->user, id, JOINED_UNKNOWN);
}

/* The user's list names it, but the user is no member: not yet, or not any more. */
static void forget(struct sign_in *s, struct entry *e)
{
    hub_release_room(&s->server->hub, e->room);
    e->room = NULL;
}

static void viewed(void *context, const struct redisReply *reply)
{
    struct asked asked = *(struct asked *)context;
    struct sign_in *s = asked.sign_in;
    struct conversation_view view;
    enum err err = conversation_viewed(reply, &view);

    free(context);
    s->answered++;
    if (err == OK)
        take_view(s, &s->entries[asked.i], &view);
    else if (err == ERR_NOT_FOUND)
        forget(s, &s->entries[asked.i]);
    else
        s->failed = true;
    ask_more(s);
}

static void ask(struct sign_in *s, size_t i)
{
    struct redis_command c;
    struct asked *asked = mem_alloc(sizeof *asked);

    *asked = (struct asked){s, i};
    s->entries[i].room = hub_hold_room(&s->server->hub, str_of(s->entries[i].id.text));
    conversation_view(&c, str_of(s->entries[i].id.text), username_view(&s->user->name),
                      server_node(s->server));
    if (redis_send(s->server->redis, &c, viewed, asked) == OK)
        return;
    free(asked);
    s->answered++;
    s->failed = true;
}

static void ask_more(struct sign_in *s)
{
    while (!s->failed && s->asked < s->n && s->asked - s->answered < VIEWS_AT_ONCE)
        ask(s, s->asked++);
    if (s->answered == s->asked && (s->failed || s->asked == s->n))
        finish(s);
}

static void session_read(void *context, const struct redisReply *reply)
{
    struct sign_in *s = context;
    str word = reply_word(reply);

    if (str_eq(word, STR("gone"))) {
        give_up(s, WS_CLOSE_NOT_SIGNED_IN, "the session has ended");
        return;
    }
    if (!str_eq(word, STR("ok"))) {
        give_up(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
        return;
    }
    s->entries = mem_zalloc(reply_count(reply) * sizeof(struct entry));
    for (size_t i = 1; i < reply_count(reply); i++) {
        str id = reply_str(reply_at(reply, i));
        if (conversation_id_is_valid(id))
            memcpy(s->entries[s->n++].id.text, id.p, id.n);
    }
    ask_more(s);
}

void sign_in_begin(struct conn *conn, const struct claims *claims)
{
    struct sign_in *s = mem_zalloc(sizeof *s);
    struct redis_command c;

    conn->state = CONN_SIGNING_IN;
    conn->user = hub_hold_user(&conn->server->hub, username_view(&claims->user));
    memcpy(conn->session, claims->session, sizeof conn->session);
    *s = (struct sign_in){.server = conn->server, .user = conn->user, .conn = conn->ref};
    conn->user->holds++;
    hub_sign_in_begins(conn->user);
    user_sign_in(&c, username_view(&claims->user), str_of(claims->session),
                 server_node(conn->server), clock_wall_ms());
    if (redis_send(conn->server->redis, &c, session_read, s) != OK)
        give_up(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
}
