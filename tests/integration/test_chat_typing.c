/* `typing`: told to the others, on all servers, and over by itself. */
#include "story.h"

#define TYPING_MS 6000

/* Ann, with three devices, and Bob, with two, are in a room; Eve is not. */
struct scene {
    struct user ann, bob, eve;
    struct ws *a;         /* types */
    struct ws *others[4]; /* hear of it: Ann's own here and there, Bob's here and there */
    struct ws *e;
    char room[32];
};

static struct scene scene_new(struct stack *s)
{
    struct scene c = {
        .ann = user_new(s, "ann"), .bob = user_new(s, "bob"), .eve = user_new(s, "eve")};

    (void)snprintf(c.room, sizeof c.room, "%s",
                   room_new(&c.ann, "R", (const struct user *[]){&c.bob, NULL}));
    c.a = chat_open(&c.ann, 0);
    for (int i = 0; i < 4; i++)
        c.others[i] = chat_open(i < 2 ? &c.ann : &c.bob, i % 2);
    c.e = chat_open(&c.eve, 0);
    return c;
}

static void type(struct ws *ws, const char *room, bool active)
{
    ws_send(ws, "{'type':'typing','conversation':'%s','active':%s}", room,
            active ? "true" : "false");
}

static void expect_typing(struct ws *ws, const char *room, const struct user *u, bool active)
{
    ws_expect_next(ws, "{'type':'typing','conversation':'%s','user':'%s','active':%s,'seq':null}",
                   room, u->name, active ? "true" : "false");
}

static void the_others_are_told_on_all_servers(void **state)
{
    struct scene c = scene_new(*state);

    for (int active = 1; active >= 0; active--) {
        type(c.a, c.room, active);
        for (int i = 0; i < 4; i++)
            expect_typing(c.others[i], c.room, &c.ann, active);
    }
    ws_expect_none(c.a, "{}"); /* who types knows */
    ws_expect_none(c.e, "{}");
    for (int i = 0; i < 4; i++)
        ws_expect_none(c.others[i], "{}");
    EXPECT_JSON(
        user_expect(&c.bob, 200, "GET", fmt("/api/conversations/%s/messages", c.room), NULL),
        "{'messages':[{'seq':1,'type':'member'},{'seq':2,'type':'member'}]}");
}

static void to_somebody_means_the_direct_conversation(void **state)
{
    struct scene c = scene_new(*state);

    ws_send(c.a, "{'type':'typing','to':'%s','active':true}", c.bob.name);
    ws_expect_next(c.a, "{'type':'error','code':'not_found','retry':false}");
    ws_send(c.a, "{'type':'send','id':'m1','to':'%s','text':'x'}", c.bob.name);
    ws_expect(c.a, "{'type':'ack'}");
    ws_expect(c.a, "{'type':'conversation'}");
    ws_expect(c.others[3], "{'type':'conversation'}");
    ws_expect(c.others[3], "{'type':'message','id':'m1'}");
    ws_send(c.a, "{'type':'typing','to':'%s','active':true}", c.bob.name);
    expect_typing(c.others[3], direct_id(&c.ann, &c.bob), &c.ann, true);
    ws_send(c.others[3], "{'type':'typing','to':'%s','active':true}", c.ann.name);
    expect_typing(c.a, direct_id(&c.ann, &c.bob), &c.bob, true);
}

/* In one packet, so that no time passes between them. */
static void repeats_are_not_passed_on(void **state)
{
    struct scene c = scene_new(*state);
    struct ws_core spare = {.fd = -1, .state = WS_CONNECTING};

    for (int i = 0; i < 5; i++)
        ws_core_send_text(
            &spare,
            str_of(fmt_json(fmt("{'type':'typing','conversation':'%s','active':true}", c.room))));
    ws_core_send_bytes(&c.a->core, buf_view(&spare.out));
    ws_core_fini(&spare);
    type(c.a, c.room, false);
    for (int i = 0; i < 4; i++) {
        expect_typing(c.others[i], c.room, &c.ann, true);
        expect_typing(c.others[i], c.room, &c.ann, false);
    }
    type(c.a, c.room, true); /* anew, and at once */
    for (int i = 0; i < 4; i++)
        expect_typing(c.others[i], c.room, &c.ann, true);
}

/* Bob goes on after a while, and Ann does not. */
static void it_is_over_by_itself(void **state)
{
    struct scene c = scene_new(*state);
    struct ws *here = c.others[0];
    struct ws *there = c.others[1]; /* both Ann's */
    struct ws *b = c.others[2];

    int64_t ann_ms = clock_mono_ms();
    type(c.a, c.room, true);
    expect_typing(here, c.room, &c.ann, true);
    expect_typing(there, c.room, &c.ann, true);
    type(b, c.room, true);
    expect_typing(here, c.room, &c.bob, true);
    expect_typing(there, c.room, &c.bob, true);
    ws_expect_nothing(here, TYPING_MS / 2);
    int64_t bob_ms = clock_mono_ms();
    type(b, c.room, true);
    expect_typing(here, c.room, &c.bob, true);
    expect_typing(there, c.room, &c.bob, true);
    for (int i = 0; i < 2; i++) {
        expect_typing(c.others[i], c.room, &c.ann, false);
        assert_true(clock_mono_ms() - ann_ms >= TYPING_MS);
    }
    for (int i = 0; i < 2; i++) {
        expect_typing(c.others[i], c.room, &c.bob, false);
        assert_true(clock_mono_ms() - bob_ms >= TYPING_MS);
    }
}

/* The only device of hers on that server: whether it says goodbye or not. */
static void who_goes_away_types_no_more(void **state)
{
    struct scene c = scene_new(*state);
    struct ws *bob = c.others[2];
    struct ws *bob_too = c.others[3];

    for (int closing = 0; closing < 2; closing++) {
        struct ws *leaving = c.others[1];
        type(bob, c.room, true); /* he began before, so that time would take his word back first */
        expect_typing(bob_too, c.room, &c.bob, true);
        type(leaving, c.room, true);
        expect_typing(bob, c.room, &c.ann, true);
        expect_typing(bob_too, c.room, &c.ann, true);
        if (closing)
            ws_close(leaving);
        stack_hang_up(*state, leaving);
        expect_typing(bob, c.room, &c.ann, false);
        expect_typing(bob_too, c.room, &c.ann, false);
        type(bob, c.room, false);
        expect_typing(bob_too, c.room, &c.bob, false);
        c.others[1] = chat_open(&c.ann, 1);
    }
}

static void strangers_do_not_type(void **state)
{
    struct scene c = scene_new(*state);
    const char *const ROOMS[] = {c.room, direct_id(&c.ann, &c.bob), "rmfzwizlsmzxw6ytboi2dcnjw",
                                 "nonsense", ""};

    for (size_t i = 0; i < sizeof ROOMS / sizeof ROOMS[0]; i++)
        for (int active = 0; active < 2; active++) {
            type(c.e, ROOMS[i], active);
            ws_expect_next(c.e, "{'type':'error','code':'not_found','field':null,'retry':false}");
        }
    ws_send(c.e, "{'type':'typing','to':'nobody-of-that-name','active':true}");
    ws_expect_next(c.e, "{'type':'error','code':'not_found'}");
    (void)user_expect(&c.ann, 204, "DELETE",
                      fmt("/api/conversations/%s/members/%s", c.room, c.bob.name), NULL);
    ws_expect_next(c.others[2], "{'type':'member','action':'removed'}");
    type(c.others[2], c.room, true);
    ws_expect_next(c.others[2], "{'type':'error','code':'not_found'}");
    ws_expect_next(c.a, "{'type':'member','action':'removed'}");
    ws_expect_next(c.others[0], "{'type':'member','action':'removed'}");
    type(c.a, c.room, true);
    expect_typing(c.others[0], c.room, &c.ann, true); /* but Bob hears no more */
    ws_expect_none(c.others[2], "{'type':'typing'}");
}

static void the_typist_who_is_removed_types_no_more(void **state)
{
    struct scene c = scene_new(*state);

    type(c.others[2], c.room, true);
    expect_typing(c.a, c.room, &c.bob, true);
    (void)user_expect(&c.ann, 204, "DELETE",
                      fmt("/api/conversations/%s/members/%s", c.room, c.bob.name), NULL);
    ws_expect_next(c.a, "{'type':'member','action':'removed'}");
    ws_expect_none(c.a, "{'active':true}");
    ws_expect(c.others[2], "{'type':'member','action':'removed'}");
    ws_expect_none(c.others[2], "{}");
}

static void each_field_has_its_rules(void **state)
{
    static const struct {
        const char *frame;
        const char *field;
    } ROWS[] = {
        {"{'type':'typing','conversation':'%s'}", "active"},
        {"{'type':'typing','conversation':'%s','active':null}", "active"},
        {"{'type':'typing','conversation':'%s','active':1}", "active"},
        {"{'type':'typing','conversation':'%s','active':'true'}", "active"},
        {"{'type':'typing','x':'%s','active':true}", "to"},
        {"{'type':'typing','conversation':'%s','to':'bob','active':true}", "to"},
        {"{'type':'typing','conversation':7,'x':'%s','active':true}", "conversation"},
        {"{'type':'typing','to':7,'x':'%s','active':true}", "to"},
        {"{'type':'typing','to':'No Name','x':'%s','active':true}", "to"},
    };
    struct scene c = scene_new(*state);

    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const char *at = strstr(ROWS[i].frame, "%s");
        ws_send(c.a, "%.*s%s%s", (int)(at - ROWS[i].frame), ROWS[i].frame, c.room, at + 2);
        ws_expect_next(c.a, "{'type':'error','code':'invalid_field','field':'%s','retry':false}",
                       ROWS[i].field);
    }
    ws_expect_none(c.others[0], "{}");
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 2});
    return 0;
}

STORY(setup, CASE(the_others_are_told_on_all_servers),
      CASE(to_somebody_means_the_direct_conversation), CASE(repeats_are_not_passed_on),
      CASE(it_is_over_by_itself), CASE(who_goes_away_types_no_more), CASE(strangers_do_not_type),
      CASE(the_typist_who_is_removed_types_no_more), CASE(each_field_has_its_rules))
