/* What the tests of `sync` share: a room that was written to while somebody was away, and how that one catches up. */
#ifndef CHATAPP_INTEGRATION_SYNC_SCENE_H
#define CHATAPP_INTEGRATION_SYNC_SCENE_H

#include "story.h"

/* Ann writes, on the first chat-server; Bob was away. Both have joined: the room is at seq 2. */
struct scene {
    struct stack *stack;
    struct user ann;
    struct user bob;
    struct ws *a;
    char room[32];
    char epoch[65];
    int seq; /* of the room */
};

static inline struct scene scene_new(struct stack *s)
{
    struct scene c = {.stack = s, .ann = user_new(s, "ann"), .bob = user_new(s, "bob"), .seq = 2};
    json_t *ready;

    (void)snprintf(c.room, sizeof c.room, "%s",
                   room_new(&c.ann, "R", (const struct user *[]){&c.bob, NULL}));
    c.a = chat_open_ready(&c.ann, 0, &ready);
    (void)snprintf(c.epoch, sizeof c.epoch, "%s", TEXT_OF(ready, "epoch"));
    return c;
}

static inline void write_long(struct scene *c, int n, size_t length)
{
    int first = c->seq + 1;

    for (int i = 0; i < n; i++)
        ws_send(c->a, "{'type':'send','id':'m%d','conversation':'%s','text':'%s'}", first + i,
                c->room, fmt_repeat('x', length));
    for (int i = 0; i < n; i++)
        ws_expect(c->a, "{'type':'ack','id':'m%d','seq':%d}", first + i, first + i);
    c->seq += n;
}

static inline void write_some(struct scene *c, int n)
{
    write_long(c, n, 1);
}

static inline const char *member_path(const struct scene *c, const struct user *u)
{
    return fmt("/api/conversations/%s/members/%s", c->room, u->name);
}

static inline const char *bearer(const struct user *u)
{
    return fmt("Authorization: Bearer %s\r\n", u->access);
}

/* `positions`: what stands between the braces. */
static inline void ask(const struct scene *c, struct ws *ws, const char *id, const char *positions)
{
    ws_send(ws, "{'type':'sync','id':'%s','epoch':'%s','positions':{%s}}", id, c->epoch, positions);
}

static inline void ask_after(const struct scene *c, struct ws *ws, const char *id, int seq)
{
    ask(c, ws, id, fmt("'%s':%d", c->room, seq));
}

static inline void expect_frames(const struct scene *c, struct ws *ws, int first, int last)
{
    for (int seq = first; seq <= last; seq++)
        ws_expect_next(ws, "{'conversation':'%s','seq':%d}", c->room, seq);
}

#define expect_synced(c, ws, id, recovered, seq)                                                   \
    ws_expect_next(ws,                                                                             \
                   "{'type':'synced','id':'%s','epoch':'%s','conversations':{'%s':{'recovered':%"  \
                   "s,'seq':%d}}}",                                                                \
                   id, (c)->epoch, (c)->room, recovered, seq)

/* Everything after `seq` comes, then `synced`, and nothing else. */
static inline void expect_recovery(const struct scene *c, struct ws *ws, const char *id, int seq)
{
    ask_after(c, ws, id, seq);
    expect_frames(c, ws, seq + 1, c->seq);
    expect_synced(c, ws, id, "true", c->seq);
    ws_expect_none(ws, "{}");
}

/* Nothing comes but `synced`, which says so. */
static inline void expect_no_recovery(const struct scene *c, struct ws *ws, const char *id, int seq,
                                      int told)
{
    ask_after(c, ws, id, seq);
    expect_synced(c, ws, id, "false", told);
    ws_expect_none(ws, "{}");
}

#endif
