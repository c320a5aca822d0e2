/* Several presence-servers on one Redis: what is seen while they come, go, die, and lose touch. */
#include <signal.h>

#include "presence_scene.h"
#include "redis_proxy.h"

#define GRACE_S "60"       /* nobody goes offline by being away for a moment … */
#define NODE_TIMEOUT_S "3" /* … but by the death of a server soon enough to wait for */

/* ann at server 1, her friend bob at server 0. */
struct scene {
    struct stack *s;
    struct user ann;
    struct user bob;
    struct ws *a;
    struct ws *b;
};

static struct scene begin(struct stack *s)
{
    struct scene c = {.s = s, .ann = user_new(s, "ann"), .bob = user_new(s, "bob")};

    befriend(&c.ann, &c.bob);
    c.a = come(&c.ann, 1);
    c.b = come(&c.bob, 0);
    SEES_NEXT(c.a, c.bob, "online");
    return c;
}

/* Nothing was told of the other one until now. */
static void has_seen_nothing_yet(struct ws *ws, const struct user *other, struct ws *others,
                                 const char *status)
{
    say(others, status);
    SEES_NEXT(ws, *other, status);
}

/* The server that has this user, by what Redis keeps of them. */
static const char *node_of(struct stack *s, const struct user *u)
{
    return redis_text(&s->redis, "EVAL %s 1 u:{%s}:presence",
                      "for _, f in ipairs(redis.call('HKEYS', KEYS[1])) do "
                      "if f ~= 'seen' then return f end end",
                      u->name);
}

static void whoever_reconnects_anywhere_never_flickers(void **state)
{
    struct scene c = begin(*state);

    for (int i = 0; i < 10; i++) {
        stack_hang_up(c.s, c.b);
        c.b = presence_open(&c.bob, i / 2 % 2);
    }
    has_seen_nothing_yet(c.a, &c.bob, c.b, "busy");
    stack_hang_up_all(c.s);
}

static void a_killed_server_s_users_go_offline_unless_they_are_back(void **state)
{
    struct scene c = begin(*state);
    struct user cat = user_new(c.s, "cat");

    befriend(&c.ann, &cat);
    ws_expect(c.a, "{'type':'presence','user':'%s','status':'offline'}", cat.name);
    struct ws *there = come(&cat, 0);
    ws_expect(c.a, "{'type':'presence','user':'%s','status':'online'}", cat.name);
    ws_forget(c.a);
    int64_t before = clock_wall_ms();
    daemon_kill9(&c.s->presence[0]);
    struct ws *back = presence_open(&cat, 1);
    json_t *gone = SEES_NEXT(c.a, c.bob, "offline");
    assert_true(INT_OF(gone, "last_seen") > before - 60000);
    assert_true(INT_OF(gone, "last_seen") <= INT_OF(gone, "time"));
    has_seen_nothing_yet(c.a, &cat, back, "busy");
    (void)there;

    daemon_up(&c.s->presence[0]);
    (void)IS_SHOWN(&c.ann, 0, c.bob, "offline");
    (void)IS_SHOWN(&c.ann, 0, cat, "busy");
    (void)presence_open(&c.bob, 0);
    SEES_NEXT(c.a, c.bob, "online");
    stack_hang_up_all(c.s);
}

/* Whoever looks takes away what the dead one left behind. */
static void what_a_dead_server_left_in_redis_is_tidied(void **state)
{
    struct scene c = begin(*state);
    char node[32];

    (void)snprintf(node, sizeof node, "%s", node_of(c.s, &c.bob));
    daemon_kill9(&c.s->presence[0]);
    SEES_NEXT(c.a, c.bob, "offline");
    stack_hang_up(c.s, c.a);
    daemon_up(&c.s->presence[0]);
    WAIT_UNTIL((stack_hang_up(c.s, presence_open(&c.ann, 0)),
                redis_do(&c.s->redis, "HEXISTS u:{%s}:presence %s", c.bob.name, node) == 0));
    stack_hang_up_all(c.s);
}

static void a_server_that_was_held_up_brings_its_users_back(void **state)
{
    struct scene c = begin(*state);

    process_signal(&c.s->presence[0].process, SIGSTOP);
    SEES_NEXT(c.a, c.bob, "offline");
    process_signal(&c.s->presence[0].process, SIGCONT);
    SEES_NEXT(c.a, c.bob, "online");
    has_seen_nothing_yet(c.a, &c.bob, c.b, "busy");
    stack_hang_up_all(c.s);
}

static void a_drained_server_s_users_have_the_grace(void **state)
{
    struct stack *s = *state;
    const char *const flags[] = {"--offline-grace=4", NULL};
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct user cat = user_new(s, "cat");
    int server = s->n_presence;

    befriend(&ann, &bob);
    befriend(&ann, &cat);
    stack_add_presence(s, s->redis.url, flags);
    stack_add_presence(s, s->redis.url, flags);
    struct ws *a = presence_open(&ann, server + 1);
    struct ws *b = presence_open(&bob, server);
    SEES_NEXT(a, bob, "online");
    struct ws *there = presence_open(&cat, server);
    SEES_NEXT(a, cat, "online");
    const char *node = node_of(s, &bob);
    process_signal(&s->presence[server].process, SIGTERM);
    ws_expect_close(there, 1012);
    struct ws *back = presence_open(&cat, server + 1);
    ws_expect_close(b, 1012);
    assert_int_equal(process_wait(&s->presence[server].process), 0);
    assert_non_null(strstr(redis_text(&s->redis, "HGET presence:nodes %s", node), " left"));
    SEES_NEXT(a, bob, "offline");
    has_seen_nothing_yet(a, &cat, back, "busy");
    stack_hang_up_all(s);
}

/* News was on its way to a server when its connection broke. */
static void what_was_said_while_out_of_touch_is_read(void **state)
{
    struct stack *s = *state;
    struct scene c = begin(s);
    struct redis_proxy proxy;
    int server = s->n_presence;

    redis_proxy_start(&proxy, &s->redis);
    stack_add_presence(s, proxy.url, (const char *[]){"--offline-grace=" GRACE_S, NULL});
    struct ws *far = presence_open(&c.ann, server);
    redis_proxy_hold_bells(&proxy);
    ws_send(c.b, "{'type':'status','status':'away','text':'unheard'}");
    ws_expect(c.a, "{'type':'presence','status':'away'}");
    redis_proxy_cut(&proxy, REDIS_PROXY_SUBSCRIBERS);
    redis_proxy_release_bells(&proxy);
    ws_expect_next(far, "{'type':'presence','status':'away','text':'unheard'}");
    redis_proxy_cut(&proxy, REDIS_PROXY_ALL);
    WAIT_UNTIL(http_status_of(s->presence[server].port, "/readyz") == 200);
    has_seen_nothing_yet(far, &c.bob, c.b, "busy");
    stack_hang_up_all(s);
    assert_int_equal(daemon_terminate(&s->presence[server]), 0);
    redis_proxy_stop(&proxy);
}

static void a_gap_in_the_news_is_read(void **state)
{
    struct scene c = begin(*state);
    const char *node = node_of(c.s, &c.bob);

    (void)redis_do(&c.s->redis, "HSET u:{%s}:presence %s %s", c.bob.name, node,
                   "1000000 a 1700000000000 nobody told");
    (void)redis_do(&c.s->redis, "PUBLISH presence %s", fmt("D %s 1000000", node));
    ws_expect_next(c.a, "{'type':'presence','user':'%s','status':'away','text':'nobody told'}",
                   c.bob.name);
    stack_hang_up_all(c.s);
}

static void lost_news_is_found_without_a_gap(void **state)
{
    struct scene c = begin(*state);

    (void)redis_do(&c.s->redis, "HSET u:{%s}:presence %s %s", c.bob.name, node_of(c.s, &c.bob),
                   "1000000 b 1700000000000 silently");
    ws_expect_next(c.a, "{'type':'presence','user':'%s','status':'busy','text':'silently'}",
                   c.bob.name);
    stack_hang_up_all(c.s);
}

/* As if the api-server had been killed before it rang. */
static void a_block_is_found_without_its_bell(void **state)
{
    struct scene c = begin(*state);

    (void)redis_do(&c.s->redis, "HSET u:{%s}:contacts %s 11", c.ann.name, c.bob.name);
    SEES_NEXT(c.a, c.bob, "offline");
    (void)redis_do(&c.s->redis, "HSET u:{%s}:contacts %s 3", c.ann.name, c.bob.name);
    SEES_NEXT(c.a, c.bob, "online");
    (void)redis_do(&c.s->redis, "HDEL u:{%s}:contacts %s", c.ann.name, c.bob.name);
    ws_expect_next(c.a, "{'type':'contact','user':'%s','state':'none'}", c.bob.name);
    SEES_NEXT(c.a, c.bob, "offline");
    stack_hang_up_all(c.s);
}

static void nonsense_on_the_channel_does_no_harm(void **state)
{
    static const char *const NONSENSE[] = {"",
                                           "D",
                                           "D x 1",
                                           "Q",
                                           "Q x",
                                           "C",
                                           "C x y",
                                           "C ann",
                                           "C 1 2 3",
                                           "\xff\xfe",
                                           "X",
                                           "D aaaaaaaaaaaaaaaaaaaaaaaa -1",
                                           "Q aaaaaaaaaaaaaaaaaaaaaaaa",
                                           "D bbbbbbbbbbbbbbbbbbbbbbbb 1\nbob 1 o",
                                           "{\"a\":1}"};
    struct scene c = begin(*state);

    for (size_t i = 0; i < sizeof NONSENSE / sizeof NONSENSE[0]; i++)
        (void)redis_do(&c.s->redis, "PUBLISH presence %s", NONSENSE[i]);
    (void)redis_do(&c.s->redis, "HSET presence:nodes nonsense nonsense");
    (void)redis_do(&c.s->redis, "HSET u:{%s}:presence nonsense nonsense", c.bob.name);
    (void)redis_do(&c.s->redis, "HSET u:{%s}:contacts nonsense nonsense", c.ann.name);
    (void)redis_do(&c.s->redis, "HSET u:{%s}:contacts UPPER 3", c.ann.name);
    json_t *ready;
    (void)presence_open_ready(&c.ann, 0, &ready);
    EXPECT_JSON(ready, "{'contacts':[{'user':'%s','status':'online'}]}", c.bob.name);
    has_seen_nothing_yet(c.a, &c.bob, c.b, "busy");
    stack_hang_up_all(c.s);
}

static void wait_until_all_are_ready(struct stack *s)
{
    for (int i = 0; i < 2; i++)
        WAIT_UNTIL(http_status_of(s->presence[i].port, "/readyz") == 200);
    WAIT_UNTIL(http_status_of(s->api.port, "/readyz") == 200);
}

static void a_redis_that_hangs_makes_nobody_disappear(void **state)
{
    struct scene c = begin(*state);

    redis_server_pause(&c.s->redis);
    for (int i = 0; i < 2; i++)
        WAIT_UNTIL(http_status_of(c.s->presence[i].port, "/readyz") == 503);
    redis_server_go_on(&c.s->redis);
    wait_until_all_are_ready(c.s);
    has_seen_nothing_yet(c.a, &c.bob, c.b, "busy");
    stack_hang_up_all(c.s);
}

static void what_is_said_while_redis_is_away_is_told_when_it_is_back(void **state)
{
    struct scene c = begin(*state);
    struct user cat = user_new(c.s, "cat");

    befriend(&c.bob, &cat);
    struct ws *near = presence_open(&cat, 0);
    (void)ws_expect(c.b, "{'type':'presence','user':'%s','status':'online'}", cat.name);
    redis_server_kill9(&c.s->redis);
    for (int i = 0; i < 2; i++)
        WAIT_UNTIL(http_status_of(c.s->presence[i].port, "/readyz") == 503);
    say(c.b, "away");
    ws_send(c.b, "{'type':'status','status':'busy','text':'no store'}");
    ws_expect(near, "{'type':'presence','user':'%s','status':'busy'}", c.bob.name); /* one server */
    struct ws *late =
        stack_presence_socket(c.s, 0, fmt("Authorization: Bearer %s\r\n", cat.access));
    ws_expect_close(late, 1013);
    redis_server_restart(&c.s->redis);
    ws_expect_next(c.a, "{'type':'presence','user':'%s','status':'busy','text':'no store'}",
                   c.bob.name);
    wait_until_all_are_ready(c.s);
    (void)IS_SHOWN(&c.ann, 1, c.bob, "busy");
    stack_hang_up_all(c.s);
}

/* What presence keeps is gone, and all connections: it is put back, and nobody notices. */
static void what_redis_lost_is_put_back(void **state)
{
    struct scene c = begin(*state);
    double before = daemon_metric(&c.s->presence[1], "chatapp_presence_lookups_total");

    (void)redis_do(&c.s->redis, "DEL presence:nodes");
    (void)redis_do(&c.s->redis, "DEL u:{%s}:presence", c.bob.name);
    (void)redis_do(&c.s->redis, "DEL u:{%s}:presence", c.ann.name);
    (void)redis_do(&c.s->redis, "CLIENT KILL TYPE normal SKIPME yes");
    (void)redis_do(&c.s->redis, "CLIENT KILL TYPE pubsub SKIPME yes");
    WAIT_UNTIL(redis_do(&c.s->redis, "HLEN u:{%s}:presence", c.bob.name) > 1);
    WAIT_UNTIL(daemon_metric(&c.s->presence[1], "chatapp_presence_lookups_total") > before);
    wait_until_all_are_ready(c.s);
    has_seen_nothing_yet(c.a, &c.bob, c.b, "busy");
    (void)IS_SHOWN(&c.ann, 1, c.bob, "busy");
    stack_hang_up_all(c.s);
}

static void an_empty_redis_signs_everybody_out(void **state)
{
    struct stack *s = *state;
    struct scene c = begin(s);

    redis_server_kill9(&s->redis);
    redis_server_restart_empty(&s->redis);
    ws_expect_close(c.a, 4401);
    ws_expect_close(c.b, 4401);
    stack_hang_up_all(s);
    WAIT_UNTIL(http_status_of(s->api.port, "/readyz") == 200);
    wait_until_all_are_ready(s);
    c = begin(s);
    has_seen_nothing_yet(c.a, &c.bob, c.b, "busy");
    stack_hang_up_all(s);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){
        .presence_servers = 2,
        .presence_flags = {"--offline-grace=" GRACE_S, "--node-timeout-s=" NODE_TIMEOUT_S,
                           "--redis-timeout-ms=1000"}});
    redis_server_sync_always(&((struct stack *)*state)->redis);
    return 0;
}

STORY(setup, CASE(whoever_reconnects_anywhere_never_flickers),
      CASE(a_killed_server_s_users_go_offline_unless_they_are_back),
      CASE(what_a_dead_server_left_in_redis_is_tidied),
      CASE(a_server_that_was_held_up_brings_its_users_back), CASE(a_gap_in_the_news_is_read),
      CASE(lost_news_is_found_without_a_gap), CASE(a_block_is_found_without_its_bell),
      CASE(nonsense_on_the_channel_does_no_harm), CASE(a_redis_that_hangs_makes_nobody_disappear),
      CASE(what_is_said_while_redis_is_away_is_told_when_it_is_back),
      CASE(what_redis_lost_is_put_back), CASE(a_drained_server_s_users_have_the_grace),
      CASE(what_was_said_while_out_of_touch_is_read), CASE(an_empty_redis_signs_everybody_out))
