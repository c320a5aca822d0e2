/* What a chat-server says to what it does not like. */
#include "story.h"

struct scene {
    struct stack *stack;
    struct user ann;
    struct user bob;
    struct user eve;
    char room[32];   /* of ann and bob */
    char direct[32]; /* of ann and bob, with one message */
};

static const char *replace(const char *text, const char *word, const char *with)
{
    const char *at = strstr(text, word);

    return at ? replace(fmt("%.*s%s%s", (int)(at - text), text, with, at + strlen(word)), word,
                        with)
              : text;
}

/* ROOM and DIRECT stand for the ids, BOB for a name. */
static const char *filled(const struct scene *scene, const char *frame)
{
    return replace(replace(replace(frame, "ROOM", scene->room), "DIRECT", scene->direct), "BOB",
                   scene->bob.name);
}

struct row {
    const char *frame;
    const char *code;
    const char *field; /* NULL: none */
    const char *id;    /* that comes back; NULL: none */
};

static void expect_errors(const struct scene *scene, struct ws *ws, const struct row *rows,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ws_send(ws, "%s", filled(scene, rows[i].frame));
        json_t *error = ws_take(ws);
        const char *field = rows[i].field ? fmt("'%s'", rows[i].field) : "null";
        const char *id = rows[i].id ? fmt("'%s'", rows[i].id) : "null";
        json_t *pattern =
            match_pattern(HERE, fmt("{'type':'error','id':%s,'code':'%s','field':%s,'message':'*'}",
                                    id, rows[i].code, field));
        if (!match(error, pattern))
            fail_at(HERE, "%s\nis answered with %s", rows[i].frame, match_show(error));
        json_decref(pattern);
        assert_true(json_is_boolean(ITEM_OF(error, "retry")));
        assert_int_equal(json_is_true(ITEM_OF(error, "retry")),
                         strcmp(rows[i].code, "unavailable") == 0 ||
                             strcmp(rows[i].code, "rate_limited") == 0);
    }
    ws_send(ws, "{'type':'ping','id':'alive'}");
    ws_expect_next(ws, "{'type':'pong','id':'alive'}");
}

#define EXPECT_ERRORS(scene, ws, rows)                                                             \
    expect_errors(scene, ws, rows, sizeof(rows) / sizeof(rows)[0])

static void what_is_no_json_object_with_a_type_is_bad_json(void **state)
{
    static const struct row ROWS[] = {
        {"hello", "bad_json", NULL, NULL},
        {"{", "bad_json", NULL, NULL},
        {"[]", "bad_json", NULL, NULL},
        {"7", "bad_json", NULL, NULL},
        {"null", "bad_json", NULL, NULL},
        {"{}", "bad_json", NULL, NULL},
        {"{'type':7}", "bad_json", NULL, NULL},
        {"{'type':'ping','type':'ping'}", "bad_json", NULL, NULL},
        {"{'type':'ping','x':1,'x':2}", "bad_json", NULL, NULL},
        {"{\"type\":\"ping\",\"x\":1,\"\\u0078\":2}", "bad_json", NULL, NULL},
        {"{'type':'ping'}{'type':'ping'}", "bad_json", NULL, NULL},
        {"{\"type\":\"ping\",\"x\":\"\\u0000\"}", "bad_json", NULL, NULL},
        {"{\"type\":\"ping\",\"x\":\"\\ud800\"}", "bad_json", NULL, NULL},
        {"{'type':'ping','x':1e999}", "bad_json", NULL, NULL},
        {"{'type':'ping','x':01}", "bad_json", NULL, NULL},
        {"{'type':'ping','x':[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "bad_json", NULL, NULL},
    };
    const struct scene *scene = *state;

    EXPECT_ERRORS(scene, chat_open(&scene->ann, 0), ROWS);
}

static void sixteen_levels_are_fine(void **state)
{
    const struct scene *scene = *state;
    struct ws *a = chat_open(&scene->ann, 0);

    ws_send(a, "{'type':'ping','id':'deep','x':[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}");
    ws_expect_next(a, "{'type':'pong','id':'deep'}");
}

static void other_types_are_unknown(void **state)
{
    static const struct row ROWS[] = {
        {"{'type':'nonsense','id':'n1'}", "unknown_type", NULL, "n1"},
        {"{'type':'Send','id':'n2'}", "unknown_type", NULL, "n2"},
        {"{'type':'','id':'n3'}", "unknown_type", NULL, "n3"},
        {"{'type':'message'}", "unknown_type", NULL, NULL},
        {"{'type':'ack','id':'n4'}", "unknown_type", NULL, "n4"},
    };
    const struct scene *scene = *state;

    EXPECT_ERRORS(scene, chat_open(&scene->ann, 0), ROWS);
}

static void each_field_has_its_rules(void **state)
{
    static const struct row ROWS[] = {
        {"{'type':'send','to':'BOB','text':'x'}", "invalid_field", "id", NULL},
        {"{'type':'send','id':'','to':'BOB','text':'x'}", "invalid_field", "id", NULL},
        {"{'type':'send','id':'a b','to':'BOB','text':'x'}", "invalid_field", "id", NULL},
        {"{'type':'send','id':7,'to':'BOB','text':'x'}", "invalid_field", "id", NULL},
        {"{'type':'send','id':'0123456789012345678901234567890123456789012345678901234567890123x','"
         "to':'BOB','text':'x'}",
         "invalid_field", "id", NULL},
        {"{'type':'send','id':'s1','text':'x'}", "invalid_field", "to", "s1"},
        {"{'type':'send','id':'s2','to':7,'text':'x'}", "invalid_field", "to", "s2"},
        {"{'type':'send','id':'s3','to':'a','text':'x'}", "invalid_field", "to", "s3"},
        {"{'type':'send','id':'s4','to':'BOB','conversation':'ROOM','text':'x'}", "invalid_field",
         "to", "s4"},
        {"{'type':'send','id':'s5','conversation':7,'text':'x'}", "invalid_field", "conversation",
         "s5"},
        {"{'type':'send','id':'s6','to':'BOB'}", "invalid_field", "text", "s6"},
        {"{'type':'send','id':'s7','to':'BOB','text':''}", "invalid_field", "text", "s7"},
        {"{'type':'send','id':'s8','to':'BOB','text':7}", "invalid_field", "text", "s8"},
        {"{'type':'send','id':'s9','to':'BOB','data':'x'}", "invalid_field", "data", "s9"},
        {"{'type':'send','id':'s10','to':'BOB','text':'x','reply_to':{}}", "invalid_field",
         "reply_to", "s10"},
        {"{'type':'send','id':'s11','to':'BOB','text':'x','reply_to':0}", "invalid_field",
         "reply_to", "s11"},
        {"{'type':'read','conversation':'DIRECT'}", "invalid_field", "seq", NULL},
        {"{'type':'read','conversation':'DIRECT','seq':'1'}", "invalid_field", "seq", NULL},
        {"{'type':'read','conversation':'DIRECT','seq':-1}", "invalid_field", "seq", NULL},
        {"{'type':'read','conversation':'DIRECT','seq':2}", "invalid_field", "seq", NULL},
        {"{'type':'received','conversation':'DIRECT','seq':1.5}", "invalid_field", "seq", NULL},
        {"{'type':'received','conversation':'DIRECT','seq':99999999999999999999}", "invalid_field",
         "seq", NULL},
        {"{'type':'received','conversation':'DIRECT','seq':2}", "invalid_field", "seq", NULL},
        {"{'type':'received','seq':1}", "invalid_field", "conversation", NULL},
        {"{'type':'history','conversation':'DIRECT'}", "invalid_field", "id", NULL},
        {"{'type':'history','id':'h1'}", "invalid_field", "conversation", "h1"},
        {"{'type':'history','id':'h2','conversation':'DIRECT','limit':0}", "invalid_field", "limit",
         "h2"},
        {"{'type':'history','id':'h3','conversation':'DIRECT','limit':201}", "invalid_field",
         "limit", "h3"},
        {"{'type':'history','id':'h4','conversation':'DIRECT','before':'x'}", "invalid_field",
         "before", "h4"},
        {"{'type':'history','id':'h5','conversation':'DIRECT','after':-1}", "invalid_field",
         "after", "h5"},
        {"{'type':'ping','id':'a b'}", "invalid_field", "id", NULL},
    };
    const struct scene *scene = *state;

    EXPECT_ERRORS(scene, chat_open(&scene->ann, 0), ROWS);
}

static void before_and_after_exclude_each_other(void **state)
{
    const struct scene *scene = *state;
    struct ws *a = chat_open(&scene->ann, 0);

    ws_send(a, "{'type':'history','id':'h','conversation':'%s','before':5,'after':1}",
            scene->direct);
    ws_expect_next(a, "{'type':'error','id':'h','code':'invalid_field','field':'*'}");
}

/* Whether it exists, never did or cannot: the same words. */
static void strangers_find_nothing(void **state)
{
    static const char *const FRAMES[] = {
        "{'type':'send','id':'x1','conversation':'%s','text':'let me in'}",
        "{'type':'history','id':'x2','conversation':'%s'}",
        "{'type':'read','conversation':'%s','seq':1}",
        "{'type':'received','conversation':'%s','seq':1}",
        "{'type':'read','conversation':'%s','seq':1000}",
    };
    const struct scene *scene = *state;
    const char *const ids[] = {scene->room,
                               scene->direct,
                               "raaaaaaaaaaaaaaaaaaaaaaaa",
                               "daaaaaaaaaaaaaaaaaaaaaaaa",
                               "nonsense",
                               ""};
    struct ws *eve = chat_open(&scene->eve, 0);

    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
        const char *first = NULL;
        for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++) {
            ws_send(eve, "%s", replace(FRAMES[i], "%s", ids[k]));
            const char *answer = match_show(
                ws_expect_next(eve, "{'type':'error','code':'not_found','retry':false}"));
            if (first == NULL)
                first = answer;
            assert_string_equal(answer, first);
        }
    }
    ws_send(eve, "{'type':'send','id':'x9','to':'nobody-here','text':'x'}");
    ws_expect_next(eve, "{'type':'error','id':'x9','code':'not_found'}");
    EXPECT_JSON(user_expect(&scene->eve, 200, "GET", "/api/conversations", NULL),
                "{'conversations':[]}");
}

static void a_frame_over_64_kib_ends_the_connection(void **state)
{
    const struct scene *scene = *state;
    struct ws *a = chat_open(&scene->ann, 0);
    const char *frame = "{\"type\":\"ping\",\"id\":\"big\",\"x\":\"%s\"}";
    size_t room = 65536 - (strlen(frame) - 2);

    ws_send_text(a, str_of(replace(frame, "%s", fmt_repeat('x', room))));
    ws_expect_next(a, "{'type':'pong','id':'big'}");
    ws_send_text(a, str_of(replace(frame, "%s", fmt_repeat('x', room + 1))));
    ws_expect_close(a, 1009);
}

/* --- signing in ------------------------------------------------------------------------------ */

static void the_first_frame_must_sign_in(void **state)
{
    static const char *const FIRST[] = {
        "{'type':'ping'}",
        "{'type':'send','id':'a','to':'bob','text':'x'}",
        "hello",
        "{}",
        "[]",
        "{'type':'auth'}",
        "{'type':'auth','token':7}",
        "{'type':'auth','token':''}",
        "{'type':'auth','token':'not-a-token'}",
    };
    const struct scene *scene = *state;

    for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
        struct ws *ws = stack_socket(scene->stack, 0, "");
        ws_send(ws, "%s", FIRST[i]);
        ws_expect_close(ws, 4401);
        stack_hang_up(scene->stack, ws);
    }
}

static void before_signing_in_little_is_read(void **state)
{
    const struct scene *scene = *state;
    struct ws *ws = stack_socket(scene->stack, 0, "");

    ws_send(ws, "{'type':'auth','token':'%s'}", fmt_repeat('x', 4000));
    ws_expect_close(ws, 1009);
}

static void who_says_nothing_is_closed(void **state)
{
    const struct scene *scene = *state;
    struct stack *s = scene->stack;
    struct daemon quick;

    daemon_init(&quick, "chat-server", "chat-server-quick", &s->dir, s->redis.url,
                (const char *[]){"--auth-timeout-s=1", NULL});
    daemon_up(&quick);
    struct ws *silent = ws_new(quick.port, "/chat", "");
    struct ws *signed_in =
        ws_new(quick.port, "/chat", fmt("Authorization: Bearer %s\r\n", scene->ann.access));
    ws_expect_close(silent, 4408);
    ws_expect(signed_in, "{'type':'ready'}");
    ws_send(signed_in, "{'type':'ping'}");
    ws_expect(signed_in, "{'type':'pong'}");
    ws_free(silent);
    ws_free(signed_in);
    assert_int_equal(daemon_terminate(&quick), 0);
    daemon_fini(&quick);
}

static void there_are_not_too_many_connections(void **state)
{
    const struct scene *scene = *state;
    struct stack *s = scene->stack;
    struct daemon small;
    const char *header = fmt("Authorization: Bearer %s\r\n", scene->ann.access);
    struct ws *ws[4];

    daemon_init(
        &small, "chat-server", "chat-server-small", &s->dir, s->redis.url,
        (const char *[]){"--max-connections-per-user=2", "--max-connections-per-address=3", NULL});
    daemon_up(&small);
    for (int i = 0; i < 2; i++) {
        ws[i] = ws_new(small.port, "/chat", header);
        ws_expect(ws[i], "{'type':'ready'}");
    }
    ws[2] = ws_new(small.port, "/chat", header);
    if (ws[2]->core.status == 101) /* the upgrade or the connection is refused */
        ws_expect_close(ws[2], 4429);
    else
        ws_expect_status(ws[2], 429);
    ws_free(ws[2]);
    ws[2] = ws_new(small.port, "/chat", "");
    ws[3] = ws_new(small.port, "/chat", "");
    if (ws[3]->core.status == 101)
        ws_expect_close(ws[3], 4429);
    else
        ws_expect_status(ws[3], 429);
    for (int i = 0; i < 4; i++)
        ws_free(ws[i]);
    assert_int_equal(daemon_terminate(&small), 0);
    daemon_fini(&small);
}

static void too_many_messages_are_slowed_down(void **state)
{
    const struct scene *scene = *state;
    struct stack *s = scene->stack;
    struct daemon slow;
    int limited = 0;

    daemon_init(&slow, "chat-server", "chat-server-slow", &s->dir, s->redis.url,
                (const char *[]){"--rate-send=10", NULL});
    daemon_up(&slow);
    struct ws *ws =
        ws_new(slow.port, "/chat", fmt("Authorization: Bearer %s\r\n", scene->eve.access));
    ws_expect(ws, "{'type':'ready'}");
    for (int i = 0; i < 30; i++)
        ws_send(ws, "{'type':'send','id':'r%d','to':'%s','text':'x'}", i, scene->bob.name);
    for (int i = 0; i < 30; i++) {
        json_t *answer = ws_expect(ws, "{'id':'r%d'}", i);
        if (strcmp(TEXT_OF(answer, "type"), "error") == 0) {
            EXPECT_JSON(answer, "{'code':'rate_limited','retry':true}");
            limited++;
        }
    }
    assert_in_range(limited, 10, 20);
    ws_free(ws);
    assert_int_equal(daemon_terminate(&slow), 0);
    daemon_fini(&slow);
}

static int setup(void **state)
{
    static struct scene scene;

    scene.stack = stack_start((struct stack_options){.chat_servers = 1});
    scene.ann = user_new(scene.stack, "ann");
    scene.bob = user_new(scene.stack, "bob");
    scene.eve = user_new(scene.stack, "eve");
    (void)snprintf(scene.room, sizeof scene.room, "%s",
                   room_new(&scene.ann, "Scene", (const struct user *[]){&scene.bob, NULL}));
    (void)snprintf(scene.direct, sizeof scene.direct, "%s", direct_id(&scene.ann, &scene.bob));
    struct ws *a = chat_open(&scene.ann, 0);
    ws_send(a, "{'type':'send','id':'first','to':'%s','text':'hello'}", scene.bob.name);
    ws_expect(a, "{'type':'ack','id':'first','seq':1}");
    ws_close(a);
    *state = &scene;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct scene *scene = *state;

    stack_stop(scene->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_no_json_object_with_a_type_is_bad_json),
        CASE(sixteen_levels_are_fine),
        CASE(other_types_are_unknown),
        CASE(each_field_has_its_rules),
        CASE(before_and_after_exclude_each_other),
        CASE(strangers_find_nothing),
        CASE(a_frame_over_64_kib_ends_the_connection),
        CASE(the_first_frame_must_sign_in),
        CASE(before_signing_in_little_is_read),
        CASE(who_says_nothing_is_closed),
        CASE(there_are_not_too_many_connections),
        CASE(too_many_messages_are_slowed_down),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
