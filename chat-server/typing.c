#include "typing.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "frames_in.h"
#include "frames_out.h"
#include "store/conversation.h"

#define KEY_MAX (CONVERSATION_ID_LEN + USERNAME_MAX)

struct typist {
    struct typist *next; /* typing.first … */
    struct typist *prev;
    struct conversation_id conversation;
    struct username user;
    struct conn_ref conn; /* the one that said so last */
    char key[KEY_MAX];
    int64_t until_ms;
    int64_t repeat_ms; /* from then on it is passed on again */
};

static str key_of(char key[KEY_MAX], str conversation, str user)
{
    memcpy(key, conversation.p, conversation.n);
    memcpy(key + conversation.n, user.p, user.n);
    return str_from(key, conversation.n + user.n);
}

/* ---- the list, in the order of time ---- */

static void list_add(struct typing *t, struct typist *typist)
{
    typist->next = NULL;
    typist->prev = t->last;
    *(t->last ? &t->last->next : &t->first) = typist;
    t->last = typist;
}

static void list_remove(struct typing *t, struct typist *typist)
{
    *(typist->prev ? &typist->prev->next : &t->first) = typist->next;
    *(typist->next ? &typist->next->prev : &t->last) = typist->prev;
}

static struct typist *typist_new(struct typing *t, str conversation, str user)
{
    struct typist *typist = mem_zalloc(sizeof *typist);

    memcpy(typist->conversation.text, conversation.p, conversation.n);
    memcpy(typist->user.text, user.p, user.n);
    map_put(&t->typists, key_of(typist->key, conversation, user), typist);
    list_add(t, typist);
    return typist;
}

static void typist_free(struct typing *t, struct typist *typist)
{
    char key[KEY_MAX];

    map_remove(&t->typists,
               key_of(key, str_of(typist->conversation.text), username_view(&typist->user)));
    list_remove(t, typist);
    free(typist);
}

/* ---- telling ---- */

void deliver_typing(const struct room *room, str user, bool active, const struct conn *except)
{
    struct buf out = {0};

    frame_out_typing(&out, str_of(room->id.text), user, active);
    struct frame *frame = frame_text(buf_view(&out));
    (void)conn_send_to_room(room, frame, except);
    frame_unref(frame);
    buf_fini(&out);
}

struct word { /* on its way to Redis and back */
    struct server *server;
    struct conn_ref conn; /* CONN_NONE: nobody waits for an error */
    struct conversation_id conversation;
    struct username user;
    bool active;
};

static void passed_on(void *context, const struct redisReply *reply)
{
    struct word *w = context;
    struct conn *conn = conn_get(&w->server->conns, w->conn);
    const struct room *room = hub_room(&w->server->hub, str_of(w->conversation.text));
    str answer = reply_word(reply);

    if (str_eq(answer, STR("ok")) && room != NULL)
        deliver_typing(room, username_view(&w->user), w->active, conn);
    else if (conn != NULL && str_eq(answer, STR("not_found")))
        conn_error(conn, STR_NONE, ERROR_NOT_FOUND, NULL, "no such conversation");
    conn_unload(&w->server->conns, w->conn, CONN_LOAD_SMALL);
    free(w);
}

static void pass_on(struct server *server, struct conn *conn, str conversation, str user,
                    bool active)
{
    struct redis_command c;
    struct word *w = mem_zalloc(sizeof *w);

    *w = (struct word){
        .server = server, .conn = conn != NULL ? conn->base.ref : CONN_NONE, .active = active};
    memcpy(w->conversation.text, conversation.p, conversation.n);
    memcpy(w->user.text, user.p, user.n);
    if (conn != NULL)
        conn_load(conn, CONN_LOAD_SMALL);
    conversation_type(&c, conversation, user, server_node(server), active);
    if (redis_send(server->redis, &c, passed_on, w) != OK)
        passed_on(w, NULL); /* not worth an error: the next one will do */
}

/* ---- the request ---- */

static void begin(struct conn *conn, struct typist *typist, str conversation)
{
    struct typing *t = &conn->server->typing;
    str user = username_view(&conn->user->name);
    int64_t now_ms = clock_mono_ms();

    if (typist == NULL) {
        typist = typist_new(t, conversation, user);
    } else {
        list_remove(t, typist);
        list_add(t, typist);
    }
    typist->conn = conn->base.ref;
    typist->until_ms = now_ms + TYPING_MS;
    if (now_ms < typist->repeat_ms)
        return;
    typist->repeat_ms = now_ms + TYPING_REPEAT_MS;
    pass_on(conn->server, conn, conversation, user, true);
}

static void end(struct conn *conn, struct typist *typist, str conversation)
{
    if (typist == NULL)
        return; /* nobody was told otherwise */
    typist_free(&conn->server->typing, typist);
    pass_on(conn->server, conn, conversation, username_view(&conn->user->name), false);
}

void typing_request(struct conn *conn, struct frame_in *f)
{
    char key[KEY_MAX];
    struct frame_target target = frame_in_target(f, username_view(&conn->user->name));
    bool active = frame_in_bool(f, "active");
    str conversation = str_of(target.conversation.text);

    if (f->field != NULL) {
        conn_error(conn, f->id, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    if (conversation.n == 0 || !conn_is_subscribed(conn, conversation)) {
        conn_error(conn, f->id, ERROR_NOT_FOUND, NULL, "no such conversation");
        return;
    }
    struct typist *typist = map_get(&conn->server->typing.typists,
                                    key_of(key, conversation, username_view(&conn->user->name)));
    if (active)
        begin(conn, typist, conversation);
    else
        end(conn, typist, conversation);
}

/* ---- taking back ---- */

static void take_back(struct server *server, struct typist *typist)
{
    pass_on(server, NULL, str_of(typist->conversation.text), username_view(&typist->user), false);
    typist_free(&server->typing, typist);
}

void typing_forget(struct conn *conn)
{
    struct typist *next;

    for (struct typist *t = conn->server->typing.first; t != NULL; t = next) {
        next = t->next;
        if (t->conn.slot == conn->base.ref.slot && t->conn.generation == conn->base.ref.generation)
            take_back(conn->server, t);
    }
}

void typing_expire(struct server *server, int64_t now_ms)
{
    const struct typing *t = &server->typing;

    while (t->first != NULL && t->first->until_ms <= now_ms)
        take_back(server, t->first);
}

void typing_fini(struct typing *typing)
{
    while (typing->first != NULL)
        typist_free(typing, typing->first);
    map_fini(&typing->typists);
}
