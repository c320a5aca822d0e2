/* Retention: what is old, or too much, goes; what stays keeps its seqs, and readers who are too far behind are told. */
#include "story.h"

#define KEEP 10

struct pair {
    struct user ann;
    struct user bob;
    struct ws *ws; /* ann's */
    const char *conversation;
};

static struct pair pair_new(struct stack *s)
{
    struct pair p = {.ann = user_new(s, "ann"), .bob = user_new(s, "bob")};

    p.ws = chat_open(&p.ann, 0);
    return p;
}

static void say(struct pair *p, int from, int to)
{
    for (int i = from; i <= to; i++) {
        ws_send(p->ws, "{'type':'send','id':'m%d','to':'%s','text':'number %d'}", i, p->bob.name,
                i);
        json_t *ack = ws_expect(p->ws, "{'type':'ack','id':'m%d','seq':%d}", i, i);
        p->conversation = fmt("%s", TEXT_OF(ack, "conversation"));
    }
}

static json_t *messages(const struct pair *p, const char *query)
{
    return user_expect(&p->ann, 200, "GET",
                       fmt("/api/conversations/%s/messages%s", p->conversation, query), NULL);
}

static long long first_seq(const struct pair *p)
{
    const json_t *list = json_object_get(messages(p, "?after=0&limit=200"), "messages");
    return json_array_size(list) > 0 ? INT_OF(json_array_get(list, 0), "seq") : 0;
}

static void only_the_newest_are_kept(void **state)
{
    struct pair p = pair_new(*state);

    say(&p, 1, 30);
    WAIT_UNTIL(first_seq(&p) == 30 - KEEP + 1);
    EXPECT_JSON(messages(&p, "?limit=200"), "{'more':false}");
    EXPECT_JSON(messages(&p, "?before=25&limit=2"),
                "{'messages':[{'seq':23},{'seq':24}],'more':true}");
    EXPECT_JSON(messages(&p, "?before=21"), "{'messages':[],'more':false}");
    say(&p, 31, 31); /* the sequence goes on */
    WAIT_UNTIL(first_seq(&p) == 31 - KEEP + 1);
    ws_send(p.ws, "{'type':'history','id':'h','conversation':'%s','before':24,'limit':200}",
            p.conversation);
    ws_expect(p.ws, "{'type':'history','id':'h','messages':[{'seq':22},{'seq':23}],'more':false}");
}

static void who_is_too_far_behind_is_told(void **state)
{
    struct pair p = pair_new(*state);

    say(&p, 1, 30);
    WAIT_UNTIL(first_seq(&p) == 30 - KEEP + 1);
    json_t *ready;
    struct ws *bob = chat_open_ready(&p.bob, 0, &ready);
    const char *epoch = TEXT_OF(ready, "epoch");
    ws_send(bob, "{'type':'sync','id':'s1','epoch':'%s','positions':{'%s':3}}", epoch,
            p.conversation);
    ws_expect(bob,
              "{'type':'synced','id':'s1','conversations':{'%s':{'recovered':false,'seq':30}}}",
              p.conversation);
    ws_send(bob, "{'type':'sync','id':'s2','epoch':'%s','positions':{'%s':28}}", epoch,
            p.conversation);
    ws_expect(bob, "{'type':'message','seq':29}");
    ws_expect(bob, "{'type':'message','seq':30}");
    ws_expect(bob, "{'type':'synced','id':'s2','conversations':{'%s':{'recovered':true,'seq':30}}}",
              p.conversation);
}

static void what_was_dropped_is_still_a_repeat(void **state)
{
    struct pair p = pair_new(*state);

    say(&p, 1, 30);
    WAIT_UNTIL(first_seq(&p) == 30 - KEEP + 1);
    ws_send(p.ws, "{'type':'send','id':'m1','to':'%s','text':'number 1'}", p.bob.name);
    ws_expect(p.ws, "{'type':'ack','id':'m1','seq':1,'duplicate':true}");
    say(&p, 31, 31);
}

static void age(struct stack *s, const struct pair *p, int seq, long long time_ms)
{
    (void)redis_text(
        &s->redis,
        "LSET c:{%s}:log %d m%d,\"id\":\"m%d\",\"from\":\"%s\",\"time\":%lld,\"text\":\"old\"}",
        p->conversation, seq - 1, seq, seq, p->ann.name, time_ms);
}

static void what_is_old_goes(void **state)
{
    struct stack *s = *state;
    struct pair p = pair_new(s);
    long long now = (long long)clock_wall_ms();

    say(&p, 1, 5);
    age(s, &p, 1, now - 25 * 3600 * 1000LL);
    age(s, &p, 2, now - 48 * 3600 * 1000LL);
    age(s, &p, 3, now - 23 * 3600 * 1000LL);
    WAIT_UNTIL(first_seq(&p) == 3);
    for (int seq = 3; seq <= 5; seq++)
        (void)redis_text(
            &s->redis,
            "LSET c:{%s}:log %d m%d,\"id\":\"m%d\",\"from\":\"%s\",\"time\":1,\"text\":\"old\"}",
            p.conversation, seq - 3, seq, seq, p.ann.name);
    WAIT_UNTIL(first_seq(&p) == 0); /* the last ones, too */
    EXPECT_JSON(messages(&p, ""), "{'messages':[],'more':false}");
    EXPECT_JSON(user_expect(&p.bob, 200, "GET", "/api/conversations", NULL),
                "{'conversations':[{'seq':5}]}");
    say(&p, 6, 6);
    EXPECT_JSON(messages(&p, ""), "{'messages':[{'seq':6}],'more':false}");
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){
        .chat_servers = 1,
        .api_flags = {fmt("--retention-messages=%d", KEEP), "--retention-days=1"}});
    return 0;
}

STORY(setup, CASE(only_the_newest_are_kept), CASE(who_is_too_far_behind_is_told),
      CASE(what_was_dropped_is_still_a_repeat), CASE(what_is_old_goes))
