/* What a presence-server does with frames that are no good, too many or too early, and with those who should not be
 * there. What all WebSocket servers of ours share is tried on the chat-server (test_chat_handshake and others). */
#include "presence_scene.h"

struct row {
    const char *frame;
    const char *code;
    const char *field; /* NULL: none */
};

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define E50 X50 X50
#define X257 E50 E50 X50 "1234567"
#define X256 E50 E50 X50 "123456"

static const struct row ROWS[] = {
    {"{'type':'status'}", "invalid_field", "status"},
    {"{'type':'status','status':null}", "invalid_field", "status"},
    {"{'type':'status','status':''}", "invalid_field", "status"},
    {"{'type':'status','status':'offline'}", "invalid_field", "status"},
    {"{'type':'status','status':'Online'}", "invalid_field", "status"},
    {"{'type':'status','status':'online\\u0041'}", "invalid_field", "status"},
    {"{'type':'status','status':7}", "invalid_field", "status"},
    {"{'type':'status','status':['online']}", "invalid_field", "status"},
    {"{'type':'status','status':'busy','text':7}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':{}}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'" X257 "'}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'two\\nlines'}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'\\u001b[31m'}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'\\u007f'}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'a\\u0085b'}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'a\\u2028b'}", "invalid_field", "text"},
    {"{'type':'status','status':'busy','text':'\\u0000'}", "bad_json", NULL},
    {"{'type':'status','status':'busy','text':'\\ud800'}", "bad_json", NULL},
    {"{'type':'status','status':'busy','status':'away'}", "bad_json", NULL},
    {"{'type':'ping','id':'no good id'}", "invalid_field", "id"},
    {"{'type':'send','to':'bob','text':'x'}", "unknown_type", NULL},
    {"{'type':'presence','user':'ann','status':'online'}", "unknown_type", NULL},
    {"{'type':'auth','token':'x'}", "unknown_type", NULL},
    {"{'status':'busy'}", "bad_json", NULL},
    {"{'type':7}", "bad_json", NULL},
    {"[]", "bad_json", NULL},
    {"", "bad_json", NULL},
    {"null", "bad_json", NULL},
};

static void bad_frames_are_told_what_is_wrong(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct ws *a = presence_open(&ann, 0);

    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        ws_send(a, "%s", ROWS[i].frame);
        const char *field = ROWS[i].field ? fmt("'%s'", ROWS[i].field) : "null";
        (void)ws_expect_next(a,
                             "{'type':'error','code':'%s','field':%s,'message':'*','retry':false}",
                             ROWS[i].code, field);
    }
    stack_hang_up_all(s);
}

static void none_of_them_changes_anything(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = presence_open(&bob, 0);
    SEES_NEXT(a, bob, "online");
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
        ws_send(b, "%s", ROWS[i].frame);
    say(b, "away");
    SEES_NEXT(a, bob, "away");
    stack_hang_up_all(s);
}

static void texts_come_as_they_were_sent(void **state)
{
    static const char *const TEXTS[] = {"x",    "é\\u00e9",       "\\u0022quoted\\u0022 \\\\ <b>&",
                                        "שלום", "\\ud83c\\udf55", X256};
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = presence_open(&bob, 1);
    SEES_NEXT(a, bob, "online");
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        ws_send(b, "{'type':'status','status':'busy','text':'%s'}", TEXTS[i]);
        (void)ws_expect_next(a, "{'type':'presence','status':'busy','text':'%s'}", TEXTS[i]);
    }
    ws_send(b, "{'type':'status','status':'busy','text':''}");
    (void)ws_expect_next(a, "{'type':'presence','status':'busy','text':null}");
    ws_send(b, "{'type':'status','status':'busy','text':null}"); /* no change */
    say(b, "online");
    SEES_NEXT(a, bob, "online");
    stack_hang_up_all(s);
}

static void too_many_changes_are_refused_and_the_last_good_one_stays(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct daemon slow;

    befriend(&ann, &bob);
    daemon_init(&slow, "presence-server", "presence-server-slow", &s->dir, s->redis.url,
                (const char *[]){"--rate-status=3", NULL});
    daemon_up(&slow);
    struct ws *a = presence_open(&ann, 0);
    struct ws *phone =
        ws_new(slow.port, "/presence", fmt("Authorization: Bearer %s\r\n", bob.access));
    struct ws *desk =
        ws_new(slow.port, "/presence", fmt("Authorization: Bearer %s\r\n", bob.access));
    ws_expect(phone, "{'type':'ready'}");
    ws_expect(desk, "{'type':'ready'}");
    say(desk, "invisible");
    say(desk, "invisible");
    ws_expect_none(desk, "{'type':'error'}");
    say(phone, "busy");
    ws_expect(a, "{'type':'presence','status':'busy'}");
    say(phone, "away"); /* the fourth of this user */
    ws_expect(phone, "{'type':'error','code':'rate_limited','retry':true}");
    (void)IS_SHOWN(&ann, 1, bob, "busy");
    ws_free(phone);
    ws_free(desk);
    assert_int_equal(daemon_terminate(&slow), 0);
    daemon_fini(&slow);
    stack_hang_up_all(s);
}

static void there_are_limits_to_connections_and_to_patience(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *header = fmt("Authorization: Bearer %s\r\n", ann.access);
    struct daemon small;
    struct ws *ws[3];

    daemon_init(&small, "presence-server", "presence-server-small", &s->dir, s->redis.url,
                (const char *[]){"--max-connections-per-user=1", "--max-connections-per-address=2",
                                 "--auth-timeout-s=1", NULL});
    daemon_up(&small);
    ws[0] = ws_new(small.port, "/presence", header);
    ws_expect(ws[0], "{'type':'ready'}");
    ws[1] = ws_new(small.port, "/presence", header);
    ws_expect_close(ws[1], 4429);
    ws_free(ws[1]);
    WAIT_UNTIL((ws[1] = ws_new(small.port, "/presence", ""))->core.status == 101 ||
               (ws_free(ws[1]), false));
    ws[2] = ws_new(small.port, "/presence", "");
    ws_expect_status(ws[2], 429);
    ws_expect_close(ws[1], 4408);
    for (int i = 0; i < 3; i++)
        ws_free(ws[i]);
    assert_int_equal(daemon_terminate(&small), 0);
    daemon_fini(&small);
}

static void who_does_not_sign_in_gets_nowhere(void **state)
{
    static const char *const FIRST[] = {"{'type':'status','status':'busy'}", "{'type':'ping'}",
                                        "{'type':'auth'}", "{'type':'auth','token':'x.y.z'}",
                                        "nonsense"};
    struct stack *s = *state;

    for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
        struct ws *ws = stack_presence_socket(s, 0, "");
        ws_send(ws, "%s", FIRST[i]);
        ws_expect_next(ws, "{'type':'error','code':'unauthorized'}");
        ws_expect_close(ws, 4401);
    }
    ws_expect_status(stack_presence_socket(s, 0, "Authorization: Bearer x\r\n"), 401);
    ws_expect_status(stack_presence_socket(s, 0, "Origin: https://evil.example\r\n"), 403);
    struct ws *elsewhere = ws_new(s->presence[0].port, "/chat", "");
    ws_expect_status(elsewhere, 404);
    ws_free(elsewhere);
    stack_hang_up_all(s);
}

static void early_frames_are_handled_once_ready(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    befriend(&ann, &bob);
    struct ws *a = presence_open(&ann, 0);
    struct ws *b = stack_presence_socket(s, 1, fmt("Authorization: Bearer %s\r\n", bob.access));
    ws_send(b, "{'type':'status','status':'busy','text':'already'}");
    ws_send(b, "{'type':'ping','id':'p'}");
    ws_expect_next(b, "{'type':'ready'}");
    ws_expect_next(b, "{'type':'pong','id':'p'}");
    ws_expect(a, "{'type':'presence','user':'%s','status':'busy','text':'already'}", bob.name);
    stack_hang_up_all(s);
}

static void two_who_add_each_other_at_once_see_each_other(void **state)
{
    struct stack *s = *state;

    for (int i = 0; i < 20; i++) {
        struct user ann = user_new(s, "ann");
        struct user bob = user_new(s, "bob");
        struct ws *a = presence_open(&ann, 0);
        befriend(&ann, &bob);
        struct ws *b = presence_open(&bob, 1); /* while the bells are on their way */
        ws_expect(a, "{'type':'presence','user':'%s','status':'online'}", bob.name);
        say(a, "busy");
        ws_expect(b, "{'type':'presence','user':'%s','status':'busy'}", ann.name);
        stack_hang_up_all(s);
    }
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.presence_servers = 2});
    return 0;
}

STORY(setup, CASE(bad_frames_are_told_what_is_wrong), CASE(none_of_them_changes_anything),
      CASE(texts_come_as_they_were_sent),
      CASE(too_many_changes_are_refused_and_the_last_good_one_stays),
      CASE(there_are_limits_to_connections_and_to_patience),
      CASE(who_does_not_sign_in_gets_nowhere), CASE(early_frames_are_handled_once_ready),
      CASE(two_who_add_each_other_at_once_see_each_other))
