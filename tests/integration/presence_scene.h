/* What the stories about presence share. */
#ifndef CHATAPP_TESTS_PRESENCE_SCENE_H
#define CHATAPP_TESTS_PRESENCE_SCENE_H

#include "story.h"

static inline void say(struct ws *ws, const char *status)
{
    ws_send(ws, "{'type':'status','status':'%s'}", status);
}

/* Online, and everybody who asks can know: what has just changed takes a moment to be told. */
static inline struct ws *come(const struct user *u, int server)
{
    struct ws *ws = presence_open(u, server);

    WAIT_UNTIL(redis_do(&u->stack->redis, "HLEN u:{%s}:presence", u->name) > 1);
    return ws;
}

static inline void add(const struct user *u, const struct user *contact)
{
    (void)user_expect(u, 201, "PUT", fmt("/api/contacts/%s", contact->name), NULL);
}

static inline void take_off(const struct user *u, const struct user *contact)
{
    (void)user_expect(u, 204, "DELETE", fmt("/api/contacts/%s", contact->name), NULL);
}

static inline void block(const struct user *u, const struct user *other)
{
    (void)http_do(u->stack, "PUT", fmt("/api/blocks/%s", other->name), u->access, NULL);
    assert_true(u->stack->http.answer.status / 100 == 2);
}

static inline void unblock(const struct user *u, const struct user *other)
{
    (void)user_expect(u, 204, "DELETE", fmt("/api/blocks/%s", other->name), NULL);
}

/* The next frame is that the other one has this status now. */
#define SEES_NEXT(ws, other, word)                                                                 \
    ws_expect_next(ws, "{'type':'presence','user':'%s','status':'%s'}", (other).name, word)
/* What a new connection of the user is shown of the other one. */
#define IS_SHOWN(u, server, other, word) is_shown_at(HERE, u, server, (other).name, word)

static inline const json_t *is_shown_at(struct where where, const struct user *u, int server,
                                        const char *other, const char *status)
{
    json_t *ready;
    struct ws *ws = presence_open_ready(u, server, &ready);
    const json_t *shown = match_find(ITEM_OF(ready, "contacts"), fmt("{'user':'%s'}", other));

    (void)ws;
    expect_json_at(where, shown, "{'user':'%s','status':'%s'}", other, status);
    return shown;
}

#endif
