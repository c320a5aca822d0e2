#include "opening.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "joining.h"
#include "store/contact.h"
#include "store/conversation.h"

struct opening {
    struct opening *next; /* user->openings */
    struct server *server;
    struct user *user; /* held by the messages that wait */
    struct username peer;
    struct conversation_id conversation;
    struct outgoing *first;
    struct outgoing **last;
};

static str conversation_of(const struct opening *o)
{
    return str_of(o->conversation.text);
}

static void end(struct opening *o, enum err err)
{
    struct opening **at = &o->user->openings;
    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    for (struct outgoing *out = o->first, *next; out != NULL; out = next) {
        next = out->next;
        if (err == OK)
            send_append(out);
        else
            send_fail(out, err);
    }
    free(o);
}

static void ring(struct opening *o, str user)
{
    struct redis_command c;
    char bell[16 + USERNAME_MAX + CONVERSATION_ID_LEN];

    (void)snprintf(bell, sizeof bell, "J %.*s %s 0", STR_ARG(user), o->conversation.text);
    user_ring(&c, user, str_of(bell));
    (void)!redis_send(o->server->redis, &c, NULL, NULL); /* lost: found again when Redis is back */
}

/* Now that they are members: an api-server may have cleaned up an old entry of the list since it was asked for first,
 * and no longer does. */
static void join_again(const struct opening *o, str user)
{
    struct redis_command c;

    user_join_conversation(&c, user, conversation_of(o), clock_wall_ms());
    (void)!redis_send(o->server->redis, &c, NULL, NULL);
}

static void joined(void *context, enum err err)
{
    end(context, err);
}

static void opened(void *context, const struct redisReply *reply)
{
    struct opening *o = context;
    str word = reply_word(reply);
    bool created = str_eq(word, STR("created"));

    if (!created && !str_eq(word, STR("exists"))) {
        end(o, str_eq(word, STR("blocked")) ? ERR_DENIED : ERR_UNAVAILABLE);
        return;
    }
    join_again(o, username_view(&o->peer));
    join_again(o, username_view(&o->user->name));
    ring(o, username_view(&o->peer));
    if (!str_eq(username_view(&o->peer), username_view(&o->user->name)))
        ring(o, username_view(&o->user->name)); /* other devices, on other servers */
    joining_wait(o->server, o->user, conversation_of(o), created ? 0 : JOINED_UNKNOWN, joined, o);
}

static void peer_joined(void *context, const struct redisReply *reply)
{
    struct opening *o = context;
    str user = username_view(&o->user->name);
    str word = reply_word(reply);
    struct redis_command join;
    struct redis_command open;

    if (!str_eq(word, STR("ok"))) {
        end(o, str_eq(word, STR("not_found")) ? ERR_NOT_FOUND : ERR_UNAVAILABLE);
        return;
    }
    user_join_conversation(&join, user, conversation_of(o), clock_wall_ms());
    conversation_open_direct(&open, conversation_of(o), user, username_view(&o->peer),
                             clock_wall_ms());
    if (redis_send(o->server->redis, &join, NULL, NULL) !=
            OK || /* in this order on one connection */
        redis_send(o->server->redis, &open, opened, o) != OK)
        end(o, ERR_UNAVAILABLE);
}

static void may_open(void *context, const struct redisReply *reply)
{
    struct opening *o = context;
    struct redis_command c;
    enum err err = direct_may_open_read(reply);

    if (err != OK) {
        end(o, err);
        return;
    }
    user_join_conversation(&c, username_view(&o->peer), conversation_of(o), clock_wall_ms());
    if (redis_send(o->server->redis, &c, peer_joined, o) != OK)
        end(o, ERR_UNAVAILABLE);
}

static void add(struct opening *o, struct outgoing *out)
{
    out->next = NULL;
    *o->last = out;
    o->last = &out->next;
}

static struct opening *find(const struct outgoing *out)
{
    struct opening *o = out->user->openings;

    while (o != NULL && !str_eq(conversation_of(o), str_of(out->conversation.text)))
        o = o->next;
    return o;
}

bool opening_waits_for(const struct outgoing *out)
{
    return find(out) != NULL;
}

/* The one for this conversation, with `out` at its end. *first_out: it has just been made. */
static struct opening *line_up(struct outgoing *out, bool *first_out)
{
    struct opening *o = find(out);

    *first_out = o == NULL;
    if (o == NULL) {
        o = mem_zalloc(sizeof *o);
        *o = (struct opening){.next = out->user->openings,
                              .server = out->server,
                              .user = out->user,
                              .conversation = out->conversation};
        o->last = &o->first;
        out->user->openings = o;
    }
    add(o, out);
    return o;
}

void opening_direct(struct outgoing *out, str peer)
{
    struct redis_command c;
    bool first;
    struct opening *o = line_up(out, &first);

    if (!first)
        return;
    memcpy(o->peer.text, peer.p, peer.n);
    direct_may_open(&c, conversation_of(o)); /* else both lists would get an entry for nothing */
    if (redis_send(o->server->redis, &c, may_open, o) != OK)
        end(o, ERR_UNAVAILABLE);
}

void opening_known(struct outgoing *out)
{
    bool first;
    struct opening *o = line_up(out, &first);

    if (first)
        joining_wait(o->server, o->user, conversation_of(o), JOINED_UNKNOWN, joined, o);
}
