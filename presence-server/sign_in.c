/*     IN_LINE ──its turn──► SESSION, CONTACTS ──► their presence (lookups) ──► ready */
#include "sign_in.h"

#include <stdlib.h>

#include "announce.h"
#include "base/mem.h"
#include "conn.h"
#include "contacts.h"
#include "presence_frames.h"
#include "store/contact.h"
#include "store/presence.h"

#define ASKING_MAX 64

struct sign_in {
    struct sign_in *next; /* in the server's line, or the user's */
    struct server *server;
    struct user *user; /* held */
    struct conn_ref conn;
    struct hidden *hidden;
    size_t hidden_n;
};

struct hidden { /* a contact who blocks the user: seems to have left then */
    struct username name;
    int64_t since_ms;
};

static void sign_in_free(struct sign_in *s)
{
    users_release(&s->server->users, s->user);
    free(s->hidden);
    free(s);
}

static void close_with(struct sign_in *s, enum ws_close_code code, const char *reason)
{
    conn_close(&s->server->conns, s->conn, code, reason);
    sign_in_free(s);
}

/* ---- ready ---- */

static int64_t hidden_since(const struct sign_in *s, str name)
{
    for (size_t i = 0; i < s->hidden_n; i++)
        if (str_eq(username_view(&s->hidden[i].name), name))
            return s->hidden[i].since_ms;
    return clock_wall_ms(); /* it has only just begun */
}

/* Who is hidden by a block is to be seen like anybody who is offline. */
static void put_contacts(struct buf *ready, const struct sign_in *s)
{
    const struct observer *o = &s->user->observer;

    for (uint32_t i = 0; i < o->n; i++) {
        const struct contact *c = &o->contacts[i];
        struct presence_view view = announce_view(c->subject);
        if (!contact_is_mutual(c->mask))
            continue;
        if (!watch_is_watched(c))
            view = (struct presence_view){
                .user = view.user, .status = STATUS_OFFLINE, .seen_ms = hidden_since(s, view.user)};
        frame_out_ready_contact(ready, &view);
    }
}

static void become_ready(const struct sign_in *s, struct conn *conn)
{
    struct buf ready = {0};

    frame_out_ready_open(&ready, username_view(&s->user->name), str_of(conn->base.session));
    put_contacts(&ready, s);
    frame_out_ready_close(&ready);
    conn_ready(conn, buf_view(&ready));
    buf_fini(&ready);
}

static void finish(struct sign_in *s)
{
    struct conn *conn = conn_get(&s->server->conns, s->conn);
    int64_t max = s->server->settings.conn.max_connections_per_user;

    if (conn == NULL || ws_is_closing(conn->base.ws)) {
        sign_in_free(s);
    } else if (max > 0 && s->user->devices_n >= max) {
        close_with(s, WS_CLOSE_TOO_MANY, "too many connections");
    } else {
        become_ready(s, conn);
        sign_in_free(s);
    }
}

/* The user is held meanwhile. */
static struct sign_in *next_waiting(struct user *user)
{
    struct sign_in *s = user->sign_ins;

    if (s != NULL)
        user->sign_ins = s->next;
    return s;
}

void sign_in_finish(struct server *server, struct user *user)
{
    struct sign_in *s;

    user->holds++;
    while ((s = next_waiting(user)) != NULL)
        finish(s);
    users_release(&server->users, user);
}

void sign_in_give_up(struct server *server, struct user *user)
{
    struct sign_in *s;

    user->holds++;
    while ((s = next_waiting(user)) != NULL)
        close_with(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
    users_release(&server->users, user);
}

/* ---- asking ---- */

static void serve(struct server *server);

static void take_hidden(struct sign_in *s, const struct redisReply *list)
{
    size_t n = presence_hidden_count(list);

    if (n > 0)
        s->hidden = mem_array(NULL, n, sizeof s->hidden[0]);
    for (size_t i = 0; i < n; i++) {
        struct presence_hidden item = presence_hidden_item(list, i);
        if (username_parse(item.contact, &s->hidden[s->hidden_n].name) == OK)
            s->hidden[s->hidden_n++].since_ms = item.since_ms;
    }
}

static void take_answer(struct sign_in *s, const struct redisReply *reply)
{
    str word = reply_word(reply);

    if (str_eq(word, STR("gone"))) {
        close_with(s, WS_CLOSE_NOT_SIGNED_IN, "the session has ended");
        return;
    }
    if (!str_eq(word, STR("ok"))) {
        close_with(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
        return;
    }
    contacts_take(s->server, s->user, reply_at(reply, 1));
    take_hidden(s, reply_at(reply, 2));
    if (s->user->observer.unknown == 0) {
        finish(s);
        return;
    }
    s->next = s->user->sign_ins;
    s->user->sign_ins = s;
    contacts_look_up(s->server, s->user);
}

static void answered(void *context, const struct redisReply *reply)
{
    struct sign_in *s = context;
    struct server *server = s->server;

    server->sign_ins.asking--;
    take_answer(s, reply);
    serve(server);
}

static void ask(struct sign_in *s)
{
    const struct conn *conn = conn_get(&s->server->conns, s->conn);
    struct redis_command c;

    if (conn == NULL || ws_is_closing(conn->base.ws)) {
        sign_in_free(s);
        return;
    }
    presence_sign_in(&c, username_view(&s->user->name), str_of(conn->base.session),
                     clock_wall_ms());
    if (redis_send(s->server->redis, &c, answered, s) == OK)
        s->server->sign_ins.asking++;
    else
        close_with(s, WS_CLOSE_OVERLOADED, "unavailable, try again");
}

static void serve(struct server *server)
{
    struct sign_in_line *line = &server->sign_ins;

    while (line->asking < ASKING_MAX && line->first != NULL) {
        struct sign_in *s = line->first;
        line->first = s->next;
        if (line->first == NULL)
            line->last = NULL;
        ask(s);
    }
}

void sign_in_begin(struct conn *conn, const struct claims *claims)
{
    struct sign_in_line *line = &conn->server->sign_ins;
    struct sign_in *s = mem_zalloc(sizeof *s);

    conn_begin_sign_in(conn, claims);
    conn->user = users_hold(&conn->server->users, username_view(&claims->user));
    *s = (struct sign_in){.server = conn->server, .user = conn->user, .conn = conn->base.ref};
    conn->user->holds++;
    *(line->last ? &line->last->next : &line->first) = s;
    line->last = s;
    serve(conn->server);
}

static void free_all(struct sign_in *first)
{
    while (first != NULL) {
        struct sign_in *s = first;
        first = s->next;
        free(s->hidden);
        free(s);
    }
}

void sign_in_fini(struct server *server)
{
    struct user *user;
    size_t at = 0;

    free_all(server->sign_ins.first);
    while ((user = map_next(&server->users.names, &at)) != NULL)
        free_all(user->sign_ins);
}
