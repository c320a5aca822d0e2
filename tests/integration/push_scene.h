/* What the stories of pushes share: Bob writes, Ann has a webhook, and the notification-server is each case's own. */
#ifndef CHATAPP_INTEGRATION_PUSH_SCENE_H
#define CHATAPP_INTEGRATION_PUSH_SCENE_H

#include "base/ids.h"
#include "notifier.h"
#include "story.h"

#define AT_ONCE "--push-delay=0"

struct scene {
    struct stack *stack;
    struct receiver r;
    struct user ann;
    struct user bob;
    struct conversation_id direct; /* of the two */
    struct conversation_id room;
};

static struct stack *stack; /* of all cases */

/* ---- the people of a case */

static inline struct scene begin(void)
{
    struct scene s = {.stack = stack};

    receiver_start(&s.r);
    s.ann = user_new(stack, "ann");
    s.bob = user_new(stack, "bob");
    s.direct = conversation_id_direct(str_of(s.ann.name), str_of(s.bob.name));
    (void)webhook_new(&s.ann, &s.r, "/ann");
    return s;
}

static inline void end(struct scene *s)
{
    stack_hang_up_all(s->stack);
    receiver_stop(&s->r);
}

static inline void start_with(struct notifier *n, struct scene *s, const char *const *flags)
{
    static int number;

    notifier_start(n, s->stack, fmt("notification-server-%d", ++number), flags);
}

static inline void start(struct notifier *n, struct scene *s)
{
    start_with(n, s, (const char *[]){AT_ONCE, NULL});
}

/* Sends a message and waits for its ack; its seq. */
static inline int64_t say(struct ws *ws, const char *conversation, const char *text)
{
    static int number;
    const char *id = fmt("m%d", ++number);

    ws_send(ws, "{'type':'send','id':'%s','conversation':'%s','text':'%s'}", id, conversation,
            text);
    return INT_OF(ws_expect(ws, "{'type':'ack','id':'%s'}", id), "seq");
}

/* The first message of two people. */
static inline void open_with(struct ws *ws, const struct user *to, const char *text)
{
    static int number;
    const char *id = fmt("o%d", ++number);

    ws_send(ws, "{'type':'send','id':'%s','to':'%s','text':'%s'}", id, to->name, text);
    (void)ws_expect(ws, "{'type':'ack','id':'%s'}", id);
}

/* Bob's, with Ann and perhaps another. */
static inline void open_room(struct scene *s, const struct user *other)
{
    const struct user *members[] = {&s->ann, other, NULL};

    (void)snprintf(s->room.text, sizeof s->room.text, "%s", room_new(&s->bob, "Garden", members));
}

/* ---- what is to be waited for */

static inline bool is_marked(struct scene *s, const char *conversation)
{
    return redis_text(&s->stack->redis, "ZSCORE push:{due} %s", conversation) != NULL;
}

static inline bool queue_is_empty(struct scene *s)
{
    const char *n = redis_text(&s->stack->redis, "GET notify:{q}:unfinished");

    return n == NULL || strcmp(n, "0") == 0;
}

/* Everything that this conversation can lead to has happened. */
static inline void wait_for_rest(struct scene *s, const char *conversation)
{
    WAIT_UNTIL(!is_marked(s, conversation));
    WAIT_UNTIL(queue_is_empty(s));
}

/* The same for one to which nobody will write: it is not kept until late messages have had their time. */
static inline void wait_soon(struct scene *s, const char *conversation)
{
    (void)redis_do(&s->stack->redis, "HDEL push:{due}:until %s", conversation);
    (void)redis_do(&s->stack->redis, "ZADD push:{due} 1 %s", conversation);
    wait_for_rest(s, conversation);
}

/* The id of the notification that the message to Ann has led to. */
static inline struct id push_id(struct scene *s, const char *conversation, int64_t seq)
{
    const char *once =
        fmt("notify:{q}:once:chat %s %s %lld", conversation, s->ann.name, (long long)seq);
    const char *known = redis_text(&s->stack->redis, "GET %s", once);
    struct id id = {0};

    assert_non_null(known);
    (void)snprintf(id.text, sizeof id.text, "%.*s", (int)strcspn(known, " "), known);
    return id;
}

static inline int start_stack(void **state)
{
    struct notifier n;

    stack = stack_start((struct stack_options){.chat_servers = 2,
                                               .chat_flags = {"--redis-timeout-ms=1000"},
                                               .api_flags = {"--allow-private-urls"}});
    notifier_start(&n, stack, "notification-server-0", NULL); /* says which channels there are */
    notifier_stop(&n);
    *state = stack;
    return 0;
}

#endif
