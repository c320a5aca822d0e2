/* What contacts see of each other, on one presence-server and across two. */
#include "presence_scene.h"

#define GRACE_S "1"

/* The story of the day: two people meet, and see each other come, go away, turn busy, vanish and return. */
static void tell_the_story(struct stack *s, int server_of_ann, int server_of_bob)
{
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    json_t *ready;
    struct ws *a = presence_open_ready(&ann, server_of_ann, &ready);

    EXPECT_JSON(ready, "{'contacts':[]}");
    WAIT_UNTIL(redis_do(&s->redis, "HLEN u:{%s}:presence", ann.name) > 1);
    struct ws *b = come(&bob, server_of_bob);
    add(&ann, &bob);
    ws_expect_next(a, "{'type':'contact','user':'%s','state':'requested'}", bob.name);
    ws_expect_next(b, "{'type':'contact','user':'%s','state':'incoming'}", ann.name);
    ws_expect_none(a, "{'type':'presence'}");
    add(&bob, &ann);
    ws_expect_next(a, "{'type':'contact','user':'%s','state':'mutual'}", bob.name);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'online','time':'*'}", bob.name);
    ws_expect_next(b, "{'type':'contact','user':'%s','state':'mutual'}", ann.name);
    ws_expect_next(b, "{'type':'presence','user':'%s','status':'online'}", ann.name);

    ws_send(b, "{'type':'status','status':'away','text':'lunch \\u00e9 \\ud83c\\udf55'}");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'away','text':'lunch é 🍕'}",
                   bob.name);
    say(b, "busy");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'busy','text':null}", bob.name);
    say(b, "invisible");
    json_t *gone = ws_expect_next(
        a, "{'type':'presence','user':'%s','status':'offline','text':null,'last_seen':'*'}",
        bob.name);
    int64_t left = INT_OF(gone, "last_seen");
    say(b, "online");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'online','last_seen':null}",
                   bob.name);
    stack_hang_up(s, b);
    gone = ws_expect_next(a, "{'type':'presence','user':'%s','status':'offline'}", bob.name);
    assert_true(INT_OF(gone, "last_seen") >= left);
    assert_true(INT_OF(gone, "last_seen") <= INT_OF(gone, "time"));

    (void)presence_open_ready(&bob, server_of_bob, &ready);
    EXPECT_JSON(ready, "{'contacts':[{'user':'%s','status':'online','last_seen':null}]}", ann.name);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'online'}", bob.name);
    stack_hang_up_all(s);
}

static void two_people_see_each_other_on_one_server(void **state)
{
    tell_the_story(*state, 0, 0);
}

static void and_across_two(void **state)
{
    tell_the_story(*state, 0, 1);
}

static void who_signs_in_sees_who_is_there_already(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct user cat = user_new(s, "cat");
    json_t *ready;

    befriend(&ann, &bob);
    befriend(&ann, &cat);
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = presence_open(&bob, 1);
    (void)presence_open(&cat, 0);
    ws_send(b, "{'type':'status','status':'busy','text':'x'}");
    ws_expect(a, "{'type':'presence','user':'%s','status':'busy'}", bob.name);
    ws_expect(a, "{'type':'presence','user':'%s','status':'online'}", cat.name);
    for (int server = 0; server < 2; server++) {
        (void)presence_open_ready(&ann, server, &ready);
        const json_t *contacts = ITEM_OF(ready, "contacts");
        assert_int_equal(json_array_size(contacts), 2);
        assert_non_null(match_find(contacts, fmt("{'user':'%s','status':'online'}", cat.name)));
        assert_non_null(
            match_find(contacts, fmt("{'user':'%s','status':'busy','text':'x'}", bob.name)));
    }
    stack_hang_up_all(s);
}

static void who_was_here_once_has_a_last_seen(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    json_t *ready;

    befriend(&ann, &bob);
    struct ws *a = presence_open_ready(&ann, 0, &ready);
    EXPECT_JSON(ready, "{'contacts':[{'user':'%s','status':'offline','last_seen':null}]}",
                bob.name);
    struct ws *b = presence_open(&bob, 1);
    ws_expect(a, "{'type':'presence','user':'%s','status':'online'}", bob.name);
    stack_hang_up(s, b);
    json_t *gone = ws_expect(a, "{'type':'presence','user':'%s','status':'offline'}", bob.name);
    for (int server = 0; server < 2; server++) {
        (void)presence_open_ready(&ann, server, &ready);
        EXPECT_JSON(ready, "{'contacts':[{'user':'%s','status':'offline','last_seen':%lld}]}",
                    bob.name, INT_OF(gone, "last_seen"));
    }
    json_t *all = user_expect(&bob, 200, "GET", "/api/profile/export", NULL);
    EXPECT_JSON(all, "{'last_seen':%lld}", INT_OF(gone, "last_seen"));
    stack_hang_up_all(s);
}

static void several_devices_make_one_status(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = presence_open(&ann, 0);
    struct ws *phone = presence_open(&bob, 0);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'online'}", bob.name);
    say(phone, "busy");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'busy'}", bob.name);
    struct ws *desk = presence_open(&bob, 1);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'online'}", bob.name);
    say(desk, "away");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'away'}", bob.name);
    say(phone, "invisible");
    say(desk, "invisible");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'offline'}", bob.name);
    say(phone, "busy");
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'busy'}", bob.name);
    stack_hang_up(s, phone);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'offline'}", bob.name);
    stack_hang_up_all(s);
}

static void who_comes_in_invisible_is_never_seen(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    json_t *ready;

    befriend(&ann, &bob);
    struct ws *a = presence_open(&ann, 0);
    for (int server = 0; server < 2; server++) {
        struct ws *b = stack_presence_socket(s, server, "");
        ws_send(b, "{'type':'auth','token':'%s'}", bob.access);
        ws_send(b, "{'type':'status','status':'invisible','text':'not to be seen'}");
        ws_expect_next(b, "{'type':'ready'}");
        (void)presence_open_ready(&ann, server, &ready);
        EXPECT_JSON(ready, "{'contacts':[{'user':'%s','status':'offline','last_seen':null}]}",
                    bob.name);
        stack_hang_up(s, b);
    }
    struct ws *b = presence_open(&bob, 1);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'online'}", bob.name);
    (void)b;
    stack_hang_up_all(s);
}

static const json_t *first_contact(const struct user *u, int server)
{
    json_t *ready;

    (void)presence_open_ready(u, server, &ready);
    return json_array_get(ITEM_OF(ready, "contacts"), 0);
}

static void the_time_of_turning_invisible_is_when_one_left(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    json_t *offline = match_pattern(HERE, "{'status':'offline'}");

    befriend(&ann, &bob);
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = presence_open(&bob, 1);
    ws_expect(a, "{'type':'presence','status':'online'}");
    say(b, "invisible");
    const long long left =
        INT_OF(ws_expect(a, "{'type':'presence','status':'offline'}"), "last_seen");
    stack_hang_up(s, b); /* long after, for all that anybody can tell */
    struct ws *again = presence_open(&bob, 1);
    ws_send(again, "{'type':'status','status':'invisible'}");
    ws_send(again, "{'type':'ping'}");
    ws_expect(again, "{'type':'pong'}");
    stack_hang_up(s, again);
    const json_t *shown;
    WAIT_UNTIL((shown = first_contact(&ann, 1),
                match(shown, offline))); /* changes are told a moment later */
    assert_true(INT_OF(shown, "last_seen") >= left);
    json_decref(offline);
    stack_hang_up_all(s);
}

static void leaving_the_contact_list_is_told_to_both(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = come(&ann, 0);
    struct ws *b = presence_open(&bob, 1);
    ws_expect(a, "{'type':'presence','status':'online'}");
    take_off(&bob, &ann);
    ws_expect_next(a, "{'type':'contact','user':'%s','state':'none'}", bob.name);
    ws_expect_next(a, "{'type':'presence','user':'%s','status':'offline'}", bob.name);
    ws_expect_next(b, "{'type':'contact','user':'%s','state':'none'}", ann.name);
    ws_expect_next(b, "{'type':'presence','user':'%s','status':'offline'}", ann.name);
    say(b, "busy");
    add(&ann, &bob);
    ws_expect_next(a, "{'type':'contact','user':'%s','state':'requested'}", bob.name);
    ws_expect_next(b, "{'type':'contact','user':'%s','state':'incoming'}", ann.name);
    take_off(&ann, &bob);
    ws_expect_next(a, "{'type':'contact','user':'%s','state':'none'}", bob.name);
    ws_expect_next(b, "{'type':'contact','user':'%s','state':'none'}", ann.name);
    stack_hang_up_all(s);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.presence_servers = 2,
                                                .presence_flags = {"--offline-grace=" GRACE_S}});
    return 0;
}

STORY(setup, CASE(two_people_see_each_other_on_one_server), CASE(and_across_two),
      CASE(who_signs_in_sees_who_is_there_already), CASE(who_was_here_once_has_a_last_seen),
      CASE(several_devices_make_one_status), CASE(who_comes_in_invisible_is_never_seen),
      CASE(the_time_of_turning_invisible_is_when_one_left),
      CASE(leaving_the_contact_list_is_told_to_both))
