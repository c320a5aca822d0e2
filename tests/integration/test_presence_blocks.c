/* Who may see whom: mutual contacts alone; and whoever is blocked cannot tell. */
#include "presence_scene.h"

/* All that there is to be seen of somebody. */
static void show_off(struct ws *ws)
{
    ws_send(ws, "{'type':'status','status':'busy','text':'look at me'}");
    ws_send(ws, "{'type':'status','status':'away'}");
    ws_send(ws, "{'type':'status','status':'invisible'}");
    say(ws, "online");
    ws_send(ws, "{'type':'ping','id':'done'}");
    ws_expect(ws, "{'type':'pong','id':'done'}");
}

/* What is told on any server before this has come by now, as news of one server comes in order. */
static void after_all_news(struct stack *s, struct ws *ws)
{
    struct user eve = user_new(s, "eve");
    struct user fay = user_new(s, "fay");

    befriend(&eve, &fay);
    struct ws *e = presence_open(&eve, 0);
    for (int server = 0; server < 2; server++) {
        struct ws *f = presence_open(&fay, server);
        say(f, server ? "online" : "busy");
        ws_expect(e, "{'type':'presence','user':'%s','status':'%s'}", fay.name,
                  server ? "online" : "busy");
    }
    ws_send(ws, "{'type':'ping','id':'later'}");
}

static void strangers_see_nothing(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = presence_open(&bob, 1);

    show_off(b);
    after_all_news(s, a);
    ws_expect_next(a, "{'type':'pong','id':'later'}");
    stack_hang_up_all(s);
}

static void one_sided_contacts_see_nothing_whatever_they_send(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    json_t *ready;

    add(&ann, &bob);
    for (int server = 0; server < 2; server++) {
        struct ws *a = presence_open_ready(&ann, server, &ready);
        EXPECT_JSON(ready, "{'contacts':[]}");
        struct ws *b = presence_open_ready(&bob, 1, &ready);
        EXPECT_JSON(ready, "{'contacts':[]}");
        show_off(b);
        show_off(a);
        ws_send(a, "{'type':'subscribe','user':'%s'}", bob.name);
        ws_expect_next(a, "{'type':'error','code':'unknown_type','retry':false}");
        after_all_news(s, a);
        ws_expect_next(a, "{'type':'pong','id':'later'}");
        after_all_news(s, b);
        ws_expect_next(b, "{'type':'pong','id':'later'}");
    }
    stack_hang_up_all(s);
}

/* `ann` blocks `bob`: her devices are told, his see her leave as anybody does. */
static void who_is_blocked_sees_the_other_leave(void **state)
{
    struct stack *s = *state;

    for (int server = 0; server < 2; server++) {
        struct user ann = user_new(s, "ann");
        struct user bob = user_new(s, "bob");
        befriend(&ann, &bob);
        struct ws *a = come(&ann, 0);
        struct ws *b = come(&bob, server);
        SEES_NEXT(a, bob, "online");
        block(&ann, &bob);
        json_t *gone = SEES_NEXT(b, ann, "offline");
        EXPECT_JSON(gone, "{'last_seen':'*'}");
        ws_expect_next(a, "{'type':'contact','user':'%s','state':'none'}", bob.name);
        SEES_NEXT(a, bob, "offline");
        show_off(a);
        show_off(b);
        after_all_news(s, b);
        ws_expect_next(b, "{'type':'pong','id':'later'}");
        after_all_news(s, a);
        ws_expect_next(a, "{'type':'pong','id':'later'}");
        unblock(&ann, &bob);
        SEES_NEXT(b, ann, "online");
        ws_expect_next(a, "{'type':'contact','user':'%s','state':'mutual'}", bob.name);
        SEES_NEXT(a, bob, "online");
        stack_hang_up_all(s);
    }
}

/* However often he looks, and whatever she does. */
static bool is_kept(struct stack *s, const struct user *u, const struct user *who, long long seen)
{
    const char *kept = redis_text(&s->redis, "HGET u:{%s}:hidden %s", u->name, who->name);
    return kept != NULL && atoll(kept) == seen;
}

static void the_blocked_one_s_list_stays_as_if_the_other_had_left_then(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = come(&ann, 0);
    struct ws *b = come(&bob, 1);
    SEES_NEXT(a, bob, "online");
    block(&ann, &bob);
    const long long left = INT_OF(SEES_NEXT(b, ann, "offline"), "last_seen");
    WAIT_UNTIL(is_kept(s, &bob, &ann, left)); /* for the other server */
    for (int i = 0; i < 4; i++) {
        const json_t *shown = IS_SHOWN(&bob, i % 2, ann, "offline");
        assert_true(INT_OF(shown, "last_seen") == left);
        show_off(a);
    }
    unblock(&ann, &bob);
    (void)ws_expect(b, "{'type':'presence','user':'%s','status':'online'}", ann.name);
    (void)IS_SHOWN(&bob, 0, ann, "online");
    stack_hang_up_all(s);
}

static void so_it_does_when_the_blocked_one_was_away(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = come(&ann, 0);
    block(&ann, &bob);
    const json_t *shown = IS_SHOWN(&bob, 1, ann, "offline");
    const long long left = INT_OF(shown, "last_seen");
    show_off(a);
    shown = IS_SHOWN(&bob, 0, ann, "offline");
    assert_true(INT_OF(shown, "last_seen") == left);
    stack_hang_up_all(s);
}

static void the_blocker_s_list_does_not_have_the_blocked(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    json_t *ready;

    befriend(&ann, &bob);
    block(&ann, &bob);
    (void)presence_open_ready(&ann, 0, &ready);
    EXPECT_JSON(ready, "{'contacts':[]}");
    stack_hang_up_all(s);
}

static void a_request_that_is_blocked_tells_the_asker_nothing(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = presence_open(&bob, 1);

    add(&bob, &ann);
    ws_expect_next(b, "{'type':'contact','state':'requested'}");
    ws_expect_next(a, "{'type':'contact','state':'incoming'}");
    block(&ann, &bob);
    ws_expect_next(a, "{'type':'contact','state':'none'}");
    after_all_news(s, b);
    ws_expect_next(b, "{'type':'pong','id':'later'}");
    stack_hang_up_all(s);
}

static int setup(void **state)
{
    *state = stack_start(
        (struct stack_options){.presence_servers = 2, .presence_flags = {"--offline-grace=60"}});
    return 0;
}

STORY(setup, CASE(strangers_see_nothing), CASE(one_sided_contacts_see_nothing_whatever_they_send),
      CASE(who_is_blocked_sees_the_other_leave),
      CASE(the_blocked_one_s_list_stays_as_if_the_other_had_left_then),
      CASE(so_it_does_when_the_blocked_one_was_away),
      CASE(the_blocker_s_list_does_not_have_the_blocked),
      CASE(a_request_that_is_blocked_tells_the_asker_nothing))
