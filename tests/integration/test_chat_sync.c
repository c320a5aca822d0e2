/* `sync`: what was missed comes whole, in order and once, then `synced`; or it is said that it does not. */
#include "sync_scene.h"

enum { PLAIN, HASTY }; /* chat-servers */

#define BEHIND_MAX 500

/* --- what was missed ------------------------------------------------------------------------- */

static const char *dumps(const json_t *value)
{
    char *text = json_dumps(value, JSON_SORT_KEYS);
    const char *kept = fmt("%s", text);

    free(text);
    return kept;
}

/* Messages of others and one's own from elsewhere, and who came and went: as they stand in the history. */
static void what_was_missed_comes_as_it_stands_in_the_history(void **state)
{
    struct scene c = scene_new(*state);
    struct user cid = user_new(*state, "cid");

    write_some(&c, 3);
    struct ws *elsewhere = chat_open(&c.bob, PLAIN);
    ws_send(elsewhere,
            "{'type':'send','id':'mine','conversation':'%s','data':{'n':1},'reply_to':3}", c.room);
    ws_expect(elsewhere, "{'type':'ack','id':'mine','seq':6}");
    ws_close(elsewhere);
    (void)user_expect(&c.ann, 201, "PUT", member_path(&c, &cid), NULL);
    (void)user_expect(&c.ann, 204, "DELETE", member_path(&c, &cid), NULL);
    c.seq = 8;
    write_some(&c, 3);
    json_t *page = ITEM_OF(user_expect(&c.bob, 200, "GET",
                                       fmt("/api/conversations/%s/messages?after=4", c.room), NULL),
                           "messages");
    assert_int_equal(json_array_size(page), c.seq - 4);
    struct ws *b = chat_open(&c.bob, PLAIN);
    ask_after(&c, b, "s1", 4);
    for (int i = 0; i < c.seq - 4; i++)
        assert_string_equal(dumps(ws_take(b)), dumps(json_array_get(page, (size_t)i)));
    expect_synced(&c, b, "s1", "true", c.seq);
    ws_expect_none(b, "{}");
}

static void from_the_beginning_and_from_the_end(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 5);
    struct ws *b = chat_open(&c.bob, PLAIN);
    expect_recovery(&c, b, "all", 0);
    expect_recovery(&c, b, "last", c.seq - 1);
    expect_recovery(&c, b, "none", c.seq);
}

static void five_hundred_are_recovered_and_one_more_is_not(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, BEHIND_MAX + 3);
    struct ws *b = chat_open(&c.bob, PLAIN);
    expect_no_recovery(&c, b, "too-far", c.seq - BEHIND_MAX - 1, c.seq);
    expect_recovery(&c, b, "just", c.seq - BEHIND_MAX);
}

static void a_direct_conversation_is_like_a_room(void **state)
{
    struct scene c = scene_new(*state);

    for (int i = 1; i <= 3; i++)
        ws_send(c.a, "{'type':'send','id':'d%d','to':'%s','text':'x'}", i, c.bob.name);
    ws_expect(c.a, "{'type':'ack','id':'d3','seq':3}");
    (void)snprintf(c.room, sizeof c.room, "%s", direct_id(&c.ann, &c.bob));
    c.seq = 3;
    expect_recovery(&c, chat_open(&c.bob, PLAIN), "s", 1);
}

/* --- asked before `ready` -------------------------------------------------------------------- */

/* All of it has been read by the server, and Redis has not been asked yet. */
static void wait_until_read(struct ws *ws)
{
    ws_expect_none(ws, "{}");
}

static void asked_right_after_the_upgrade_it_is_answered_right_after_ready(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 8);
    redis_server_pause(&c.stack->redis);
    struct ws *b = stack_socket(c.stack, PLAIN, bearer(&c.bob));
    ask_after(&c, b, "s1", 4);
    wait_until_read(b);
    redis_server_go_on(&c.stack->redis);
    ws_expect_next(b, "{'type':'ready'}");
    expect_frames(&c, b, 5, c.seq);
    expect_synced(&c, b, "s1", "true", c.seq);
    ws_expect_none(b, "{}");
}

static void asked_right_after_auth_it_is_answered_right_after_ready(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 8);
    redis_server_pause(&c.stack->redis);
    struct ws *b = stack_socket(c.stack, PLAIN, "");
    ws_send(b, "{'type':'auth','token':'%s'}", c.bob.access);
    ask_after(&c, b, "s1", 4);
    ask_after(&c, b, "s2", 9);
    ws_send(b, "{'type':'ping','id':'p'}");
    wait_until_read(b);
    redis_server_go_on(&c.stack->redis);
    ws_expect(b, "{'type':'pong','id':'p'}"); /* anywhere but in a sync's answer */
    ws_expect_next(b, "{'type':'ready'}");
    expect_frames(&c, b, 5, c.seq);
    expect_synced(&c, b, "s1", "true", c.seq);
    expect_frames(&c, b, 10, c.seq);
    expect_synced(&c, b, "s2", "true", c.seq);
    ws_expect_none(b, "{}");
}

/* --- what cannot be recovered ---------------------------------------------------------------- */

static void another_epoch_recovers_nothing(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 3);
    struct ws *b = chat_open(&c.bob, PLAIN);
    ws_send(b, "{'type':'sync','id':'s','epoch':'another','positions':{'%s':3}}", c.room);
    expect_synced(&c, b, "s", "false", c.seq);
    ws_send(b, "{'type':'sync','id':'s','epoch':'%s','positions':{}}", "another");
    ws_expect_next(b, "{'type':'synced','epoch':'%s','conversations':{}}", c.epoch);
    ws_expect_none(b, "{}");
}

static void positions_past_the_end_mean_nothing(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 3);
    struct ws *b = chat_open(&c.bob, PLAIN);
    expect_no_recovery(&c, b, "one", c.seq + 1, c.seq);
    ask(&c, b, "far", fmt("'%s':9007199254740991", c.room));
    expect_synced(&c, b, "far", "false", c.seq);
}

/* The answers to a stranger do not tell what exists. */
static void strangers_learn_nothing(void **state)
{
    struct scene c = scene_new(*state);
    struct user eve = user_new(*state, "eve");

    write_some(&c, 3);
    struct ws *e = chat_open(&eve, PLAIN);
    ask(&c, e, "s",
        fmt("'%s':1,'%s':0,'%s':1,'nonsense':1,'':1,'rmfzwizlsmzxw6ytboi2dcnjw':0", c.room,
            c.room + 1, direct_id(&c.ann, &c.bob)));
    json_t *told = ITEM_OF(ws_expect_next(e, "{'type':'synced','id':'s'}"), "conversations");
    assert_int_equal(json_object_size(told), 6);
    const char *key;
    json_t *value;
    json_object_foreach(told, key, value)
    {
        assert_string_equal(dumps(value), "{\"recovered\": false, \"seq\": 0}");
    }
    ws_expect_none(e, "{}");
}

static void who_was_removed_recovers_nothing(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 2);
    struct ws *there = chat_open(&c.bob, HASTY);
    (void)user_expect(&c.ann, 204, "DELETE", member_path(&c, &c.bob), NULL);
    c.seq++;
    write_some(&c, 2);
    ws_expect_next(there, "{'type':'member','action':'removed'}");
    expect_no_recovery(&c, there, "s1", 3, 0);
    struct ws *b = chat_open(&c.bob, PLAIN);
    expect_no_recovery(&c, b, "s2", 3, 0);
}

/* --- a great deal ---------------------------------------------------------------------------- */

#define MANY 40

/* Each of many conversations by itself in order, with one among them that is too far behind. */
static void many_conversations_in_one(void **state)
{
    struct scene c = scene_new(*state);
    char rooms[MANY][32];
    int had[MANY] = {0};
    struct buf positions = {0};

    write_some(&c, BEHIND_MAX + 1);
    buf_printf(&positions, "'%s':2", c.room);
    for (int r = 0; r < MANY; r++) {
        (void)snprintf(rooms[r], sizeof rooms[r], "%s",
                       room_new(&c.ann, "M", (const struct user *[]){&c.bob, NULL}));
        for (int i = 0; i < r; i++)
            ws_send(c.a, "{'type':'send','id':'r%d','conversation':'%s','text':'x'}", i, rooms[r]);
        buf_printf(&positions, ",'%s':2", rooms[r]);
    }
    ws_send(c.a, "{'type':'ping','id':'all-sent'}");
    ws_expect(c.a, "{'type':'ack','conversation':'%s','seq':%d}", rooms[MANY - 1], MANY + 1);
    struct ws *b = chat_open(&c.bob, PLAIN);
    ask(&c, b, "s", buf_cstr(&positions));
    buf_fini(&positions);
    for (int n = 0; n < MANY * (MANY - 1) / 2; n++) {
        const json_t *frame = ws_expect_next(b, "{'type':'message'}");
        int r = 0;
        while (r < MANY && strcmp(rooms[r], TEXT_OF(frame, "conversation")) != 0)
            r++;
        assert_in_range(r, 0, MANY - 1);
        assert_int_equal(INT_OF(frame, "seq"), 2 + ++had[r]);
    }
    json_t *told = ITEM_OF(ws_expect_next(b, "{'type':'synced','id':'s'}"), "conversations");
    assert_int_equal(json_object_size(told), MANY + 1);
    for (int r = 0; r < MANY; r++)
        EXPECT_JSON(told, "{'%s':{'recovered':true,'seq':%d}}", rooms[r], 2 + r);
    EXPECT_JSON(told, "{'%s':{'recovered':false,'seq':%d}}", c.room, c.seq);
    ws_expect_none(b, "{}");
}

static void as_many_positions_as_fit_into_a_frame(void **state)
{
    struct scene c = scene_new(*state);
    struct buf positions = {0};

    write_some(&c, 2);
    buf_printf(&positions, "'%s':2", c.room);
    for (int i = 0; i < 2000; i++)
        buf_printf(&positions, ",'r%024d':7", i);
    struct ws *b = chat_open(&c.bob, PLAIN);
    ask(&c, b, "s", buf_cstr(&positions));
    buf_fini(&positions);
    expect_frames(&c, b, 3, 4);
    json_t *synced = expect_synced(&c, b, "s", "true", c.seq);
    assert_int_equal(json_object_size(ITEM_OF(synced, "conversations")), 2001);
}

/* --- Redis away ------------------------------------------------------------------------------ */

static void without_redis_nothing_is_claimed(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 4);
    struct ws *b = chat_open(&c.bob, PLAIN);
    redis_server_sync_always(&c.stack->redis);
    redis_server_kill9(&c.stack->redis);
    ask_after(&c, b, "s1", 2);
    ws_expect_next(b, "{'type':'error','id':'s1','code':'unavailable','retry':true}");
    redis_server_restart(&c.stack->redis);
    for (int i = 0; i < c.stack->n_chat; i++)
        daemon_wait_ready(&c.stack->chat[i]);
    daemon_wait_ready(&c.stack->api);
    expect_recovery(&c, b, "s2", 2);
}

/* It has been asked, and does not answer. */
static void a_redis_that_hangs_is_away_too(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 4);
    struct ws *b = chat_open(&c.bob, HASTY);
    redis_server_pause(&c.stack->redis);
    ask_after(&c, b, "s1", 2);
    ws_expect_next(b, "{'type':'error','id':'s1','code':'unavailable','retry':true}");
    redis_server_go_on(&c.stack->redis);
    daemon_wait_ready(&c.stack->chat[HASTY]);
    expect_recovery(&c, b, "s2", 2);
}

/* --- bad requests ---------------------------------------------------------------------------- */

static void each_field_has_its_rules(void **state)
{
    static const struct {
        const char *frame; /* EPOCH and ROOM are filled in, in this order */
        const char *code;
        const char *field; /* or "" */
    } ROWS[] = {
        {"{'type':'sync','epoch':'%s','positions':{'%s':1}}", "invalid_field", "id"},
        {"{'type':'sync','id':'no spaces','epoch':'%s','positions':{'%s':1}}", "invalid_field",
         "id"},
        {"{'type':'sync','id':7,'epoch':'%s','positions':{'%s':1}}", "invalid_field", "id"},
        {"{'type':'sync','id':'x','epoch':7,'y':'%s','positions':{'%s':1}}", "invalid_field",
         "epoch"},
        {"{'type':'sync','id':'x','y':'%s','positions':{'%s':1}}", "invalid_field", "epoch"},
        {"{'type':'sync','id':'x','epoch':null,'y':'%s','positions':{'%s':1}}", "invalid_field",
         "epoch"},
        {"{'type':'sync','id':'x','epoch':'%s','y':'%s'}", "invalid_field", "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':null,'y':'%s'}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':['%s']}", "invalid_field", "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':'%s'}", "invalid_field", "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':'1'}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':-1}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':1.5}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':1e2}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':null}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':true}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':{}}}", "invalid_field",
         "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':9007199254740992}}",
         "invalid_field", "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'%s':99999999999999999999}}",
         "invalid_field", "positions"},
        {"{'type':'sync','id':'x','epoch':'%s','positions':{'a':1,'%s':1,'a':1}}", "bad_json", ""},
    };
    struct scene c = scene_new(*state);
    struct ws *b = chat_open(&c.bob, PLAIN);

    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const char *at = strstr(ROWS[i].frame, "%s");
        const char *then = strstr(at + 2, "%s");
        ws_send(b, "%.*s%s%.*s%s%s", (int)(at - ROWS[i].frame), ROWS[i].frame, c.epoch,
                (int)(then - at - 2), at + 2, c.room, then + 2);
        json_t *error = ws_take(b);
        const char *field = ROWS[i].field[0] ? fmt("'%s'", ROWS[i].field) : "null";
        EXPECT_JSON(error, "{'type':'error','code':'%s','field':%s,'retry':false}", ROWS[i].code,
                    field);
    }
    expect_recovery(&c, b, "good", 0);
}

/* --------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct stack *s = stack_start(
        (struct stack_options){.chat_servers = 1, .chat_flags = {"--redis-timeout-ms=60000"}});

    stack_add_chat(s, s->redis.url, (const char *[]){"--redis-timeout-ms=2000", NULL});
    *state = s;
    return 0;
}

/* Nothing that a failed case holds back is left to the next one. */
static int let_go(void **state)
{
    struct stack *s = *state;

    redis_server_go_on(&s->redis);
    stack_hang_up_all(s);
    return 0;
}

#define SYNC_CASE(function) cmocka_unit_test_teardown(function, let_go)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYNC_CASE(what_was_missed_comes_as_it_stands_in_the_history),
        SYNC_CASE(from_the_beginning_and_from_the_end),
        SYNC_CASE(five_hundred_are_recovered_and_one_more_is_not),
        SYNC_CASE(a_direct_conversation_is_like_a_room),
        SYNC_CASE(asked_right_after_the_upgrade_it_is_answered_right_after_ready),
        SYNC_CASE(asked_right_after_auth_it_is_answered_right_after_ready),
        SYNC_CASE(another_epoch_recovers_nothing),
        SYNC_CASE(positions_past_the_end_mean_nothing),
        SYNC_CASE(strangers_learn_nothing),
        SYNC_CASE(who_was_removed_recovers_nothing),
        SYNC_CASE(many_conversations_in_one),
        SYNC_CASE(as_many_positions_as_fit_into_a_frame),
        SYNC_CASE(without_redis_nothing_is_claimed),
        SYNC_CASE(a_redis_that_hangs_is_away_too),
        SYNC_CASE(each_field_has_its_rules),
        CASE(the_daemons_end_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
