/* Blocks: at once, on every server, in both directions; and nothing tells the blocked one but that nothing can be sent. */
#include "contact_scene.h"

#define ERASE_BODY "{'password':'" USER_PASSWORD "'}"

/* Ann and Bob, on two servers each. */
struct scene {
    struct stack *stack;
    struct user ann, bob;
    struct ws *a[2];
    struct ws *b[2];
};

static struct scene scene_new(struct stack *s)
{
    struct scene c = {.stack = s, .ann = user_new(s, "ann"), .bob = user_new(s, "bob")};

    for (int i = 0; i < 2; i++) {
        c.a[i] = chat_open(&c.ann, i);
        c.b[i] = chat_open(&c.bob, i);
    }
    return c;
}

static void forget_all(const struct scene *c)
{
    for (int i = 0; i < 2; i++) {
        ws_forget(c->a[i]);
        ws_forget(c->b[i]);
    }
}

static void send_to(struct ws *ws, const char *id, const struct user *to)
{
    ws_send(ws, "{'type':'send','id':'%s','to':'%s','text':'hi'}", id, to->name);
}

static void expect_blocked(struct ws *ws, const char *id)
{
    ws_expect(ws, "{'type':'error','id':'%s','code':'blocked','retry':false,'field':null}", id);
}

/* The conversation exists, and everybody has its first message. */
static void talk(const struct scene *c)
{
    send_to(c->a[0], "m1", &c->bob);
    ws_expect(c->a[0], "{'type':'ack','id':'m1','seq':1}");
    for (int i = 0; i < 2; i++)
        ws_expect(c->b[i], "{'type':'message','id':'m1'}");
    ws_expect(c->a[1], "{'type':'message','id':'m1'}");
}

static void block(const struct user *u, const struct user *of)
{
    EXPECT_JSON(user_expect(u, 201, "PUT", block_path(of), NULL),
                "{'block':{'username':'%s','display_name':'*','state':null}}", of->name);
}

static void unblock(const struct user *u, const struct user *of)
{
    (void)user_expect(u, 204, "DELETE", block_path(of), NULL);
}

/* ---- messages */

static void nobody_writes_on_any_open_connection(void **state)
{
    struct scene c = scene_new(*state);
    const char *conversation = direct_id(&c.ann, &c.bob);

    talk(&c);
    block(&c.bob, &c.ann);
    for (int i = 0; i < 2; i++) {
        send_to(c.a[i], "a1", &c.bob);
        expect_blocked(c.a[i], "a1");
        ws_send(c.a[i], "{'type':'send','id':'a2','conversation':'%s','text':'x'}", conversation);
        expect_blocked(c.a[i], "a2");
        send_to(c.b[i], "b1", &c.ann);
        expect_blocked(c.b[i], "b1");
        ws_expect_none(c.b[i], "{'type':'message'}");
    }
    EXPECT_JSON(
        user_expect(&c.ann, 200, "GET", fmt("/api/conversations/%s/messages", conversation), NULL),
        "{'messages':[{'id':'m1'}],'more':false}");
    unblock(&c.bob, &c.ann);
    send_to(c.a[1], "a1", &c.bob); /* the id is as good as new */
    ws_expect(c.a[1], "{'type':'ack','id':'a1','seq':2}");
    for (int i = 0; i < 2; i++)
        ws_expect(c.b[i], "{'type':'message','id':'a1','seq':2}");
}

static void who_signs_in_later_is_blocked_as_well(void **state)
{
    struct scene c = scene_new(*state);

    talk(&c);
    block(&c.bob, &c.ann);
    struct ws *later = chat_open(&c.ann, 1);
    send_to(later, "a1", &c.bob);
    expect_blocked(later, "a1");
    ws_send(later, "{'type':'history','id':'h','conversation':'%s'}", direct_id(&c.ann, &c.bob));
    ws_expect(later, "{'type':'history','id':'h','messages':[{'id':'m1'}]}");
}

static void a_conversation_is_not_opened_against_a_block(void **state)
{
    struct scene c = scene_new(*state);

    block(&c.bob, &c.ann);
    for (int i = 0; i < 2; i++) {
        send_to(c.a[i], "a1", &c.bob);
        expect_blocked(c.a[i], "a1");
        send_to(c.b[i], "b1", &c.ann);
        expect_blocked(c.b[i], "b1");
    }
    const struct user *const BOTH[] = {&c.ann, &c.bob};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(redis_do(&c.stack->redis, "EXISTS u:{%s}:conversations", BOTH[i]->name),
                         0);
        EXPECT_JSON(user_expect(BOTH[i], 200, "GET", "/api/conversations", NULL),
                    "{'conversations':[]}");
    }
    (void)user_expect_problem(&c.ann, 404, "not_found", "GET",
                              fmt("/api/conversations/%s", direct_id(&c.ann, &c.bob)), NULL);
    unblock(&c.bob, &c.ann);
    talk(&c);
}

static void what_was_stored_before_is_acked_again(void **state)
{
    struct scene c = scene_new(*state);

    talk(&c);
    block(&c.ann, &c.bob);
    for (int i = 0; i < 2; i++) {
        send_to(c.a[i], "m1", &c.bob);
        ws_expect(c.a[i], "{'type':'ack','id':'m1','seq':1,'duplicate':true}");
    }
    ws_send(c.a[0], "{'type':'send','id':'m1','to':'%s','text':'other'}", c.bob.name);
    ws_expect(c.a[0], "{'type':'error','id':'m1','code':'id_reused'}");
}

static void each_ends_only_the_own_block(void **state)
{
    struct scene c = scene_new(*state);

    talk(&c);
    block(&c.ann, &c.bob);
    block(&c.bob, &c.ann);
    expect_in_line(&c.ann, &c.bob);
    unblock(&c.ann, &c.bob);
    send_to(c.a[0], "a1", &c.bob);
    expect_blocked(c.a[0], "a1");
    assert_true(blocks(&c.bob, &c.ann) && !blocks(&c.ann, &c.bob));
    unblock(&c.bob, &c.ann);
    send_to(c.a[0], "a1", &c.bob);
    ws_expect(c.a[0], "{'type':'ack','id':'a1','seq':2}");
    expect_in_line(&c.ann, &c.bob);
}

/* Frames are on their way while the block is made: each is stored and delivered, or refused; none after the answer. */
static void a_block_in_a_stream_of_messages_cuts_it_once(void **state)
{
    enum { N = 300 };
    struct scene c = scene_new(*state);
    int acked = 0;

    talk(&c);
    for (int i = 0; i < N; i++)
        send_to(c.a[i % 2], fmt("s%d", i), &c.bob);
    block(&c.bob, &c.ann);
    send_to(c.a[0], "after0", &c.bob);
    send_to(c.a[1], "after1", &c.bob);
    expect_blocked(c.a[0], "after0");
    expect_blocked(c.a[1], "after1");
    for (int i = 0; i < N; i++) {
        const json_t *answer = NULL;
        while (answer == NULL) { /* the others' frames come in between */
            const json_t *frame = ws_expect(c.a[i % 2], "{'id':'s%d'}", i);
            if (strcmp(TEXT_OF(frame, "type"), "message") != 0)
                answer = frame;
        }
        bool is_ack = strcmp(TEXT_OF(answer, "type"), "ack") == 0;
        if (!is_ack)
            EXPECT_JSON(answer, "{'type':'error','code':'blocked'}");
        acked += is_ack;
    }
    assert_string_equal(redis_text(&c.stack->redis, "HGET c:{%s} seq", direct_id(&c.ann, &c.bob)),
                        fmt("%d", acked + 1));
    for (int i = 0; i < 2; i++)
        for (int seq = 2; seq <= acked + 1; seq++)
            ws_expect(c.b[i], "{'type':'message','seq':%d}", seq);
}

/* ---- what is not stored */

static void typing_does_not_pass(void **state)
{
    struct scene c = scene_new(*state);
    const char *conversation = direct_id(&c.ann, &c.bob);

    talk(&c);
    block(&c.bob, &c.ann);
    forget_all(&c);
    ws_send(c.a[0], "{'type':'typing','conversation':'%s','active':true}", conversation);
    ws_send(c.b[0], "{'type':'typing','conversation':'%s','active':true}", conversation);
    ws_expect_none(c.a[0], "{}"); /* no error either: it is not worth one */
    ws_expect_none(c.b[0], "{}");
    ws_expect_none(c.a[1], "{}");
    ws_expect_none(c.b[1], "{}");
    ws_send(c.a[0], "{'type':'typing','conversation':'%s','active':false}", conversation);
    ws_expect_none(c.a[0], "{}");
    unblock(&c.bob, &c.ann);
    ws_send(c.a[0], "{'type':'typing','conversation':'%s','active':true}", conversation);
    ws_expect_next(c.b[1], "{'type':'typing','user':'%s','active':true}", c.ann.name);
}

static void markers_move_for_oneself_alone(void **state)
{
    struct scene c = scene_new(*state);
    const char *conversation = direct_id(&c.ann, &c.bob);

    talk(&c);
    block(&c.ann, &c.bob);
    forget_all(&c);
    ws_send(c.b[0], "{'type':'read','conversation':'%s','seq':1}", conversation);
    for (int i = 0; i < 2; i++)
        ws_expect_next(c.b[i], "{'type':'receipt','user':'%s','read':1,'received':1}", c.bob.name);
    for (int i = 0; i < 2; i++)
        ws_expect_none(c.a[i], "{}");
    EXPECT_JSON(user_expect(&c.bob, 200, "GET", "/api/conversations", NULL),
                "{'conversations':[{'id':'%s','unread':0,'read':1}]}", conversation);
}

/* ---- rooms */

static void rooms_that_both_are_in_go_on(void **state)
{
    struct scene c = scene_new(*state);
    const char *room = room_new(&c.ann, "R", (const struct user *[]){&c.bob, NULL});

    for (int i = 0; i < 2; i++)
        ws_expect(c.b[i], "{'type':'conversation'}");
    block(&c.bob, &c.ann);
    ws_send(c.a[0], "{'type':'send','id':'r1','conversation':'%s','text':'x'}", room);
    ws_expect(c.a[0], "{'type':'ack','id':'r1'}");
    for (int i = 0; i < 2; i++)
        ws_expect(c.b[i], "{'type':'message','id':'r1'}");
    ws_send(c.a[0], "{'type':'typing','conversation':'%s','active':true}", room);
    ws_expect(c.b[1], "{'type':'typing','conversation':'%s'}", room);
    EXPECT_JSON(user_expect(&c.ann, 200, "PUT",
                            fmt("/api/conversations/%s/members/%s", room, c.bob.name),
                            "{'role':'admin'}"),
                "{'member':{'role':'admin'}}");
}

/* The answers are those for somebody who does not exist. */
static void the_blocked_one_does_not_add_the_blocker_to_rooms(void **state)
{
    struct scene c = scene_new(*state);
    const char *room = room_new(&c.ann, "R", (const struct user *[]){NULL});
    const char *const NAMES[] = {"nobody-of-that-name", c.bob.name};
    const char *details[2][2];

    block(&c.bob, &c.ann);
    for (int i = 0; i < 2; i++) {
        json_t *problem =
            user_expect_problem(&c.ann, 404, "not_found", "PUT",
                                fmt("/api/conversations/%s/members/%s", room, NAMES[i]), NULL);
        details[i][0] = fmt("%s", TEXT_OF(problem, "detail"));
        problem = user_expect_problem(&c.ann, 422, "invalid_field", "POST", "/api/conversations",
                                      fmt("{'name':'N','members':['%s']}", NAMES[i]));
        EXPECT_JSON(problem, "{'field':'members'}");
        details[i][1] = fmt("%.20s", TEXT_OF(problem, "detail")); /* the name comes later */
    }
    assert_string_equal(details[0][0], details[1][0]);
    assert_string_equal(details[0][1], details[1][1]);
    ws_expect_none(c.b[0], "{'type':'conversation'}");
    EXPECT_JSON(user_expect(&c.bob, 200, "GET", "/api/conversations", NULL),
                "{'conversations':[]}");
    unblock(&c.bob, &c.ann);
    (void)user_expect(&c.ann, 201, "PUT", fmt("/api/conversations/%s/members/%s", room, c.bob.name),
                      NULL);
}

/* ---- contacts */

static void contacts_come_back_with_the_end_of_a_block(void **state)
{
    static const char *const STATES[] = {"mutual", "requested", "incoming", "none"};

    for (int i = 0; i < 4; i++) {
        struct user ann = user_new(*state, "ann");
        struct user bob = user_new(*state, "bob");
        if (i == 0 || i == 1)
            (void)user_expect(&ann, 201, "PUT", contact_path(&bob), NULL);
        if (i == 0 || i == 2)
            (void)user_expect(&bob, 201, "PUT", contact_path(&ann), NULL);
        const char *others = state_of(&bob, &ann);
        block(&ann, &bob);
        EXPECT_STATES(&ann, &bob, "none", others);
        assert_false(contact_is_visible(mask_of(&ann, &bob)));
        assert_false(contact_is_visible(mask_of(&bob, &ann)));
        expect_in_line(&ann, &bob);
        assert_true(blocks(&ann, &bob) && !blocks(&bob, &ann));
        unblock(&ann, &bob);
        EXPECT_STATES(&ann, &bob, STATES[i], others);
        expect_in_line(&ann, &bob);
    }
}

static void whom_one_blocks_is_not_added(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    block(&ann, &bob);
    (void)user_expect_problem(&ann, 409, "contact_blocked", "PUT", contact_path(&bob), NULL);
    (void)user_expect(&ann, 200, "PUT", block_path(&bob), NULL);
    unblock(&ann, &bob);
    unblock(&ann, &bob); /* is so already */
    (void)user_expect(&ann, 201, "PUT", contact_path(&bob), NULL);
}

/* ---- not to be found out */

/* All that Bob can ask over HTTP about Ann, as text. */
static const char *all_answers(const struct user *bob, const struct user *ann)
{
    static const struct {
        const char *method;
        const char *path;
    } CALLS[] = {
        {"GET", "/api/users/%s"},      {"GET", "/api/users?q=%s"},
        {"PUT", "/api/contacts/%s"},   {"GET", "/api/contacts"},
        {"PUT", "/api/contacts/%s"},   {"DELETE", "/api/contacts/%s"},
        {"GET", "/api/contacts"},      {"PUT", "/api/contacts/%s"},
        {"PUT", "/api/blocks/%s"},     {"GET", "/api/blocks"},
        {"GET", "/api/contacts"},      {"DELETE", "/api/blocks/%s"},
        {"GET", "/api/conversations"}, {"DELETE", "/api/contacts/%s"},
    };
    const char *all = "";

    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
        const char *at = strstr(CALLS[i].path, "%s");
        const char *path =
            at ? fmt("%.*s%s", (int)(at - CALLS[i].path), CALLS[i].path, ann->name) : CALLS[i].path;
        const struct http_answer *a = http_do(bob->stack, CALLS[i].method, path, bob->access, NULL);
        all = fmt("%s%s %s: %d %.*s\n", all, CALLS[i].method, path, a->status,
                  STR_ARG(buf_view(&a->text)));
    }
    return all;
}

static void over_http_a_block_looks_like_none(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    for (int asked = 0; asked < 2; asked++) {
        if (asked)
            (void)user_expect(&ann, 201, "PUT", contact_path(&bob), NULL);
        const char *before = all_answers(&bob, &ann);
        if (asked) /* his removal took her request away */
            (void)user_expect(&ann, 201, "PUT", contact_path(&bob), NULL);
        block(&ann, &bob);
        assert_string_equal(all_answers(&bob, &ann), before);
        expect_in_line(&ann, &bob);
        unblock(&ann, &bob);
    }
}

/* ---- half done */

static void what_a_crash_left_half_done_is_healed_by_any_change(void **state)
{
    static const struct {
        int own, other;
        bool conversation;
        const char *method;
        int status;
        bool blocked_after;
    } ROWS[] = {
        {A | M, A | M, true, "PUT", 201, true},          /* a block, after the conversation … */
        {A | M, A | M | X, true, "PUT", 201, true},      /* … and after the other's side */
        {A | M | B, A | M, false, "PUT", 200, true},     /* the truth alone */
        {A | M, A | M | X, true, "DELETE", 204, false},  /* … thought better of it */
        {A | M | B, A | M, false, "DELETE", 204, false}, /* an end of a block */
        {A | M, A | M | X, false, "DELETE", 204, false},
    };

    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct user ann = user_new(*state, "ann");
        struct user bob = user_new(*state, "bob");
        set_mask(&ann, &bob, ROWS[i].own);
        set_mask(&bob, &ann, ROWS[i].other);
        if (ROWS[i].conversation)
            (void)redis_do(&ann.stack->redis, "HSET c:{%s} blocked %s", direct_id(&ann, &bob),
                           ann.name);
        (void)user_expect(&ann, ROWS[i].status, ROWS[i].method, block_path(&bob), NULL);
        assert_int_equal(blocks(&ann, &bob), ROWS[i].blocked_after);
        assert_int_equal(mask_of(&ann, &bob) & B, ROWS[i].blocked_after ? B : 0);
        expect_in_line(&ann, &bob);
    }
}

static void the_blocked_one_heals_it_without_knowing(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    set_mask(&ann, &bob, A | M | B);
    set_mask(&bob, &ann, A | M);
    (void)user_expect(&bob, 200, "PUT", contact_path(&ann), NULL);
    assert_int_equal(mask_of(&bob, &ann), A | M | X);
    assert_true(says_blocked(&ann, &bob));
    expect_in_line(&ann, &bob);
}

/* ---- limits, and the end */

static void one_block_too_many_changes_nothing(void **state)
{
    struct stack *s =
        stack_start((struct stack_options){.chat_servers = 1, .api_flags = {"--max-blocks=1"}});
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct user cyd = user_new(s, "cyd");
    struct ws *c = chat_open(&cyd, 0);

    (void)state;
    block(&ann, &bob);
    make_mutual(&ann, &cyd);
    (void)user_expect_problem(&ann, 409, "blocks_full", "PUT", block_path(&cyd), NULL);
    EXPECT_STATES(&ann, &cyd, "mutual", "mutual");
    expect_in_line(&ann, &cyd);
    send_to(c, "c1", &ann);
    ws_expect(c, "{'type':'ack','id':'c1'}");
    (void)user_expect(&ann, 200, "PUT", block_path(&bob), NULL);
    unblock(&ann, &bob);
    block(&ann, &cyd);
    stack_stop(s);
}

static void being_blocked_by_many_fills_nothing(void **state)
{
    struct user ann = user_new(*state, "ann");

    for (int i = 0; i < 5; i++) {
        struct user other = user_new(*state, "bob");
        block(&other, &ann);
    }
    assert_int_equal(redis_do(&ann.stack->redis, "EXISTS u:{%s}:contacts", ann.name), 0);
}

static void without_redis_nothing_is_blocked_nor_said_to_be(void **state)
{
    struct stack *s = stack_start((struct stack_options){.chat_servers = 1});
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    (void)state;
    redis_server_kill9(&s->redis);
    WAIT_UNTIL(http_do(s, "PUT", block_path(&bob), ann.access, NULL)->status == 503);
    (void)user_expect_problem(&ann, 503, "unavailable", "DELETE", block_path(&bob), NULL);
    (void)user_expect_problem(&ann, 503, "unavailable", "GET", "/api/blocks", NULL);
    redis_server_restart(&s->redis);
    daemon_wait_ready(&s->api);
    daemon_wait_ready(&s->chat[0]);
    (void)user_expect(&ann, 201, "PUT", block_path(&bob), NULL);
    struct ws *b = chat_open(&bob, 0);
    send_to(b, "b1", &ann);
    expect_blocked(b, "b1");
    redis_server_kill9(&s->redis);
    redis_server_restart(&s->redis);
    daemon_wait_ready(&s->chat[0]);
    b = chat_open(&bob, 0);
    send_to(b, "b1", &ann); /* it has outlived Redis */
    expect_blocked(b, "b1");
    stack_stop(s);
}

static int setup(void **state)
{
    *state =
        stack_start((struct stack_options){.chat_servers = 2, .api_flags = {"--rate-contacts=0"}});
    return 0;
}

STORY(setup, CASE(nobody_writes_on_any_open_connection),
      CASE(who_signs_in_later_is_blocked_as_well),
      CASE(a_conversation_is_not_opened_against_a_block),
      CASE(what_was_stored_before_is_acked_again), CASE(each_ends_only_the_own_block),
      CASE(a_block_in_a_stream_of_messages_cuts_it_once), CASE(typing_does_not_pass),
      CASE(markers_move_for_oneself_alone), CASE(rooms_that_both_are_in_go_on),
      CASE(the_blocked_one_does_not_add_the_blocker_to_rooms),
      CASE(contacts_come_back_with_the_end_of_a_block), CASE(whom_one_blocks_is_not_added),
      CASE(over_http_a_block_looks_like_none),
      CASE(what_a_crash_left_half_done_is_healed_by_any_change),
      CASE(the_blocked_one_heals_it_without_knowing), CASE(one_block_too_many_changes_nothing),
      CASE(being_blocked_by_many_fills_nothing),
      CASE(without_redis_nothing_is_blocked_nor_said_to_be))
