/* Two people, two chat-servers: the first words and all that follows from them. */
#include "story.h"

#define SERVERS 2

static void signing_in_with_the_header(void **state)
{
    struct user ann = user_new(*state, "ann");
    json_t *ready;
    struct ws *ws = chat_open_ready(&ann, 0, &ready);

    EXPECT_JSON(ready, "{'node':'*','epoch':'*','time':'*','conversations':[],'more':false}");
    long long skew = INT_OF(ready, "time") - clock_wall_ms();
    assert_true(skew > -60000 && skew < 1000);
    ws_close(ws);
    assert_int_equal(ws->core.close_code, 1000);
}

static void signing_in_with_the_first_frame(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct ws *ws = stack_socket(*state, 0, "");

    ws_expect_status(ws, 101);
    ws_send(ws, "{'type':'auth','token':'%s'}", ann.access);
    ws_expect_next(ws, "{'type':'ready','user':'%s','session':'%s'}", ann.name, ann.session);
}

/* A client in a hurry need not wait for `ready`, nor even for the handshake. */
static void frames_sent_before_ready_are_not_lost(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *ws = stack_socket(*state, 0, "");

    ws_send(ws, "{'type':'auth','token':'%s'}", ann.access);
    for (int i = 1; i <= 5; i++)
        ws_send(ws, "{'type':'send','id':'e%d','to':'%s','text':'early %d'}", i, bob.name, i);
    ws_expect_next(ws, "{'type':'ready'}");
    for (int i = 1; i <= 5; i++)
        ws_expect(ws, "{'type':'ack','id':'e%d','seq':%d}", i, i);
}

static void both_ways_on_one_server_and_on_two(void **state)
{
    for (int there = 0; there < SERVERS; there++) {
        struct user ann = user_new(*state, "ann");
        struct user bob = user_new(*state, "bob");
        struct ws *a = chat_open(&ann, 0);
        struct ws *b = chat_open(&bob, there);
        const char *id = direct_id(&ann, &bob);

        ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'hello'}", bob.name);
        ws_expect(
            a, "{'type':'ack','id':'a1','conversation':'%s','seq':1,'time':'*','duplicate':null}",
            id);
        ws_expect(b,
                  "{'type':'conversation','conversation':{'id':'%s','kind':'direct','peer':'%s'}}",
                  id, ann.name);
        ws_expect(b,
                  "{'type':'message','conversation':'%s','seq':1,'id':'a1','from':'%s','text':'"
                  "hello','time':'*'}",
                  id, ann.name);
        ws_send(b, "{'type':'send','id':'b1','conversation':'%s','text':'hi','reply_to':1}", id);
        ws_expect(b, "{'type':'ack','id':'b1','seq':2}");
        ws_expect(
            a, "{'type':'message','conversation':'%s','seq':2,'id':'b1','from':'%s','reply_to':1}",
            id, bob.name);
        ws_send(b, "{'type':'send','id':'b2','to':'%s','text':'by name'}", ann.name);
        ws_expect(a, "{'type':'message','conversation':'%s','seq':3,'id':'b2'}", id);
        ws_expect_none(a, "{'type':'message','from':'%s'}",
                       ann.name); /* not to where it came from */
    }
}

/* Both open the conversation at the same moment, on two servers. */
static void both_say_the_first_word_at_once(void **state)
{
    for (int round = 0; round < 10; round++) {
        struct user ann = user_new(*state, "ann");
        struct user bob = user_new(*state, "bob");
        struct ws *a = chat_open(&ann, 0);
        struct ws *b = chat_open(&bob, 1);

        ws_send(a, "{'type':'send','id':'x','to':'%s','text':'me first'}", bob.name);
        ws_send(b, "{'type':'send','id':'x','to':'%s','text':'no, me'}", ann.name);
        long long seq = INT_OF(ws_expect(a, "{'type':'ack','id':'x'}"), "seq");
        assert_in_range(seq, 1, 2);
        ws_expect(b, "{'type':'ack','id':'x','seq':%lld}", 3 - seq);
        ws_expect(a, "{'type':'message','from':'%s','seq':%lld}", bob.name, 3 - seq);
        ws_expect(b, "{'type':'message','from':'%s','seq':%lld}", ann.name, seq);
    }
}

/* The seq after which frames of the conversation come on this connection. */
static long long announced(struct ws *ws, const char *id)
{
    json_t *list = ITEM_OF(ws_expect_next(ws, "{'type':'ready'}"), "conversations");
    json_t *conversation = match_find(list, fmt("{'id':'%s'}", id));

    if (conversation == NULL)
        conversation = ITEM_OF(ws_expect(ws, "{'type':'conversation'}"), "conversation");
    return INT_OF(conversation, "seq");
}

/* Bob signs in at the very moment when he is written to for the first time: the message is either
 * before the position that he is told, or comes after it; never both, never neither. */
static void the_first_word_to_somebody_who_is_just_connecting(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct ws *a = chat_open(&ann, 0);

    for (int round = 0; round < 100; round++) {
        struct user bob = user_new(*state, "bob");
        const char *id = direct_id(&ann, &bob);
        struct ws *b = stack_socket(*state, round % 2, "");
        bool ann_first = round % 4 < 2;
        for (int i = 0; i < 2; i++) {
            if (ann_first == (i == 0))
                ws_send(a, "{'type':'send','id':'%d.1','to':'%s','text':'x'}", round, bob.name);
            else
                ws_send(b, "{'type':'auth','token':'%s'}", bob.access);
        }
        ws_expect(a, "{'type':'ack','id':'%d.1','seq':1}", round);
        long long from = announced(b, id);
        ws_send(a, "{'type':'send','id':'%d.2','to':'%s','text':'x'}", round, bob.name);
        for (long long seq = from + 1; seq <= 2; seq++)
            EXPECT_JSON(ws_expect(b, "{'type':'message'}"), "{'seq':%lld}", seq);
        ws_expect_none(b, "{'type':'message'}");
        stack_hang_up(*state, b);
    }
}

static void other_devices_see_it_too(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user phone = user_login(&ann, "phone");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *same_server = chat_open(&phone, 0);
    struct ws *other_server = chat_open(&phone, 1);

    ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'hello'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'a1'}");
    ws_expect(same_server, "{'type':'message','id':'a1','from':'%s','text':'hello'}", ann.name);
    ws_expect(other_server, "{'type':'message','id':'a1','from':'%s','text':'hello'}", ann.name);
    ws_expect_none(a, "{'type':'message'}");
}

static void a_note_to_oneself(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct ws *a = chat_open(&ann, 0);
    struct ws *other = chat_open(&ann, 1);

    ws_send(a, "{'type':'send','id':'n1','to':'%s','text':'buy milk'}", ann.name);
    ws_expect(a, "{'type':'ack','id':'n1','seq':1}");
    ws_expect(other, "{'type':'message','id':'n1','text':'buy milk'}");
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/conversations", NULL),
                "{'conversations':[{'kind':'direct','peer':'%s','members_count':1,'seq':1}]}",
                ann.name);
}

static void the_same_id_again_is_the_same_message(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);

    ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'once'}", bob.name);
    json_t *first = ws_expect(a, "{'type':'ack','id':'a1','seq':1,'duplicate':null}");
    ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'once'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'a1','seq':1,'time':%lld,'duplicate':true}",
              INT_OF(first, "time"));
    struct ws *elsewhere = chat_open(&ann, 1); /* and from another server */
    ws_send(elsewhere, "{'type':'send','id':'a1','to':'%s','text':'once'}", bob.name);
    ws_expect(elsewhere, "{'type':'ack','id':'a1','seq':1,'duplicate':true}");
    ws_send(a, "{'type':'send','id':'a2','to':'%s','text':'next'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'a2','seq':2}");
    ws_expect(b, "{'type':'message','id':'a1','seq':1}");
    ws_expect(b, "{'type':'message','id':'a2','seq':2}");
    ws_expect_none(b, "{'type':'message'}");
}

static void the_same_id_with_other_content_is_refused(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);

    ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'one'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'a1'}");
    ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'two'}", bob.name);
    ws_expect(a, "{'type':'error','id':'a1','code':'id_reused','retry':false,'message':'*'}");
    ws_send(a, "{'type':'send','id':'a1','to':'%s','text':'one','data':{}}", bob.name);
    ws_expect(a, "{'type':'error','id':'a1','code':'id_reused'}");
    struct ws *b = chat_open(&bob, 0); /* somebody else's id is another id */
    ws_send(b, "{'type':'send','id':'a1','to':'%s','text':'mine'}", ann.name);
    ws_expect(b, "{'type':'ack','id':'a1','seq':2,'duplicate':null}");
}

/* The client repeats what it has not seen acked: many at once, on two connections. */
static void repeats_in_a_hurry_store_once(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a[SERVERS] = {chat_open(&ann, 0), chat_open(&ann, 1)};

    for (int round = 0; round < 3; round++)
        for (int i = 1; i <= 20; i++)
            for (int k = 0; k < SERVERS; k++)
                ws_send(a[k], "{'type':'send','id':'r%d','to':'%s','text':'message %d'}", i,
                        bob.name, i);
    for (int i = 1; i <= 20; i++)
        for (int k = 0; k < 3 * SERVERS; k++)
            ws_expect(a[k % SERVERS], "{'type':'ack','id':'r%d'}", i);
    json_t *page = user_expect(&bob, 200, "GET",
                               fmt("/api/conversations/%s/messages", direct_id(&ann, &bob)), NULL);
    assert_int_equal(json_array_size(ITEM_OF(page, "messages")), 20);
}

static const char *dumps(const json_t *value)
{
    char *text = json_dumps(value, JSON_SORT_KEYS | JSON_ENCODE_ANY);
    const char *kept = fmt("%s", text);

    free(text);
    return kept;
}

/* Live, by history frame, and over HTTP: the same messages in the same order. */
static void history_is_the_same_whichever_way_it_is_read(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);
    const char *id = direct_id(&ann, &bob);

    for (int i = 1; i <= 30; i++) {
        struct ws *from = i % 3 ? a : b;
        ws_send(from,
                "{'type':'send','id':'h%d','to':'%s','text':'message "
                "%d','data':{'n':[%d,null,true,1.5e3]}}",
                i, i % 3 ? bob.name : ann.name, i, i);
        ws_expect(from, "{'type':'ack','id':'h%d','seq':%d}", i, i);
    }
    json_t *page =
        user_expect(&ann, 200, "GET", fmt("/api/conversations/%s/messages?limit=30", id), NULL);
    const char *over_http = dumps(ITEM_OF(page, "messages"));
    ws_send(b, "{'type':'history','id':'q','conversation':'%s','limit':30}", id);
    json_t *frame =
        ws_expect(b, "{'type':'history','id':'q','conversation':'%s','more':false}", id);
    assert_string_equal(dumps(ITEM_OF(frame, "messages")), over_http);
    json_t *live = json_array();
    for (int i = 1; i <= 30; i++)
        (void)json_array_append(live, ws_expect(i % 3 ? b : a, "{'type':'message','seq':%d}", i));
    assert_string_equal(dumps(live), over_http);
    json_decref(live);
}

static void history_pages_both_ways(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    const char *id = direct_id(&ann, &bob);

    for (int i = 1; i <= 12; i++)
        ws_send(a, "{'type':'send','id':'p%d','to':'%s','text':'x'}", i, bob.name);
    ws_expect(a, "{'type':'ack','id':'p12','seq':12}");
    ws_send(a, "{'type':'history','id':'q1','conversation':'%s','limit':2}", id);
    ws_expect(a, "{'type':'history','id':'q1','messages':[{'seq':11},{'seq':12}],'more':true}");
    ws_send(a, "{'type':'history','id':'q2','conversation':'%s','before':3}", id);
    ws_expect(a, "{'type':'history','id':'q2','messages':[{'seq':1},{'seq':2}],'more':false}");
    ws_send(a, "{'type':'history','id':'q3','conversation':'%s','after':9,'limit':2}", id);
    ws_expect(a, "{'type':'history','id':'q3','messages':[{'seq':10},{'seq':11}],'more':true}");
    ws_send(a, "{'type':'history','id':'q4','conversation':'%s','after':12}", id);
    ws_expect(a, "{'type':'history','id':'q4','messages':[],'more':false}");
}

static json_t *conversation_of(const struct user *u, const char *id)
{
    json_t *list = ITEM_OF(user_expect(u, 200, "GET", "/api/conversations", NULL), "conversations");

    return match_find(list, fmt("{'id':'%s'}", id));
}

static void unread_counts_follow_the_read_marker(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);
    const char *id = direct_id(&ann, &bob);

    for (int i = 1; i <= 5; i++)
        ws_send(a, "{'type':'send','id':'u%d','to':'%s','text':'x'}", i, bob.name);
    ws_expect(b, "{'type':'message','id':'u5','seq':5}");
    EXPECT_JSON(conversation_of(&bob, id),
                "{'seq':5,'read':0,'unread':5,'last':{'seq':5,'id':'u5'}}");
    EXPECT_JSON(conversation_of(&ann, id),
                "{'seq':5,'read':5,'unread':0}"); /* who writes has read */
    ws_send(b, "{'type':'read','conversation':'%s','seq':3}", id);
    ws_expect(a, "{'type':'receipt','conversation':'%s','user':'%s','read':3}", id, bob.name);
    EXPECT_JSON(conversation_of(&bob, id), "{'read':3,'unread':2}");
    ws_send(b, "{'type':'read','conversation':'%s','seq':2}", id); /* only ever forward */
    ws_send(b, "{'type':'received','conversation':'%s','seq':5}", id);
    ws_expect(a, "{'type':'receipt','conversation':'%s','user':'%s','read':null,'received':5}", id,
              bob.name);
    EXPECT_JSON(conversation_of(&bob, id), "{'read':3,'unread':2}");
    json_t *ready;
    (void)chat_open_ready(&bob, 0, &ready);
    EXPECT_JSON(match_find(ITEM_OF(ready, "conversations"), fmt("{'id':'%s'}", id)),
                "{'kind':'direct','peer':'%s','seq':5,'read':3,'unread':2}", ann.name);
    ws_send(b, "{'type':'send','id':'b1','to':'%s','text':'answer'}", ann.name);
    ws_expect(b, "{'type':'ack','id':'b1','seq':6}");
    EXPECT_JSON(conversation_of(&bob, id), "{'read':6,'unread':0}");
}

static void any_language_and_any_character_arrives_as_it_was(void **state)
{
    static const char *const TEXTS[] = {
        "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xe4\xbd\xa0\xe5\xa5\xbd "
        "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 "
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
        "a\\u0301\\ud83d\\ude00 \\\"quoted\\\" back\\\\slash \\/ \\n\\t\\r\\b\\f \\u0001 \\u2028",
        "<script>alert(1)</script> \xe2\x80\xae desrever",
        " leading and trailing ",
        "\xf4\x8f\xbf\xbf \xef\xbf\xbf \xee\x80\x80", /* U+10FFFF, U+FFFF, a private one */
        "'} 1 2 m7,\\\"id\\\":\\\"a\\\"",             /* like what the store writes */
    };
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);

    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        json_t *wanted = json_loads(fmt("\"%s\"", TEXTS[i]), JSON_DECODE_ANY, NULL);
        ws_send(a, "{\"type\":\"send\",\"id\":\"t%zu\",\"to\":\"%s\",\"text\":\"%s\"}", i, bob.name,
                TEXTS[i]);
        json_t *got = ITEM_OF(ws_expect(b, "{'type':'message','id':'t%zu'}", i), "text");
        assert_true(json_equal(got, wanted));
        json_t *page =
            user_expect(&bob, 200, "GET",
                        fmt("/api/conversations/%s/messages?limit=1", direct_id(&ann, &bob)), NULL);
        assert_true(
            json_equal(ITEM_OF(json_array_get(ITEM_OF(page, "messages"), 0), "text"), wanted));
        json_decref(wanted);
    }
}

static void sixteen_kib_of_text_fit_and_one_byte_more_does_not(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);
    const char *full = fmt_repeat('x', 16384);

    ws_send(a, "{'type':'send','id':'full','to':'%s','text':'%s'}", bob.name, full);
    ws_expect(a, "{'type':'ack','id':'full'}");
    assert_string_equal(TEXT_OF(ws_expect(b, "{'type':'message','id':'full'}"), "text"), full);
    ws_send(a, "{'type':'send','id':'over','to':'%s','text':'%sx'}", bob.name, full);
    ws_expect(a,
              "{'type':'error','id':'over','code':'invalid_field','field':'text','retry':false}");
    /* It is the bytes of the text that count, not how they are written. */
    struct buf escaped = {0};
    for (int i = 0; i < 8192; i++)
        buf_add_str(&escaped, STR("\\u00e4"));
    ws_send(a, "{\"type\":\"send\",\"id\":\"esc\",\"to\":\"%s\",\"text\":\"%s\"}", bob.name,
            buf_cstr(&escaped));
    ws_expect(a, "{'type':'ack','id':'esc'}");
    assert_int_equal(strlen(TEXT_OF(ws_expect(b, "{'type':'message','id':'esc'}"), "text")), 16384);
    ws_send(a, "{\"type\":\"send\",\"id\":\"esc2\",\"to\":\"%s\",\"text\":\"%sx\"}", bob.name,
            buf_cstr(&escaped));
    ws_expect(a, "{'type':'error','id':'esc2','code':'invalid_field','field':'text'}");
    buf_fini(&escaped);
}

static void data_is_any_object_of_up_to_16_kib(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);

    ws_send(a,
            "{'type':'send','id':'d1','to':'%s','data':{'kind':'image','size':[640,480],'deep':{'a'"
            ":[{}]}}}",
            bob.name);
    ws_expect(b, "{'type':'message','id':'d1','text':null,"
                 "'data':{'kind':'image','size':[640,480],'deep':{'a':[{}]}}}");
    ws_send(a, "{'type':'send','id':'d2','to':'%s','data':{'x':'%s'}}", bob.name,
            fmt_repeat('x', 16384 - 8));
    ws_expect(b, "{'type':'message','id':'d2'}");
    ws_send(a, "{'type':'send','id':'d3','to':'%s','data':{'x':'%s'}}", bob.name,
            fmt_repeat('x', 16384 - 7));
    ws_expect(a, "{'type':'error','id':'d3','code':'invalid_field','field':'data'}");
    ws_send(a, "{'type':'send','id':'d4','to':'%s','data':[1]}", bob.name);
    ws_expect(a, "{'type':'error','id':'d4','code':'invalid_field','field':'data'}");
}

static void pings_are_answered(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct ws *a = chat_open(&ann, 0);

    ws_send(a, "{'type':'ping'}");
    ws_expect_next(a, "{'type':'pong','id':null}");
    ws_send(a, "{'type':'ping','id':'p.1'}");
    ws_expect_next(a, "{'type':'pong','id':'p.1'}");
}

static void a_hundred_messages_arrive_in_order(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);

    for (int i = 1; i <= 100; i++)
        ws_send(a, "{'type':'send','id':'o%d','to':'%s','text':'%d'}", i, bob.name, i);
    ws_expect_next(b, "{'type':'conversation'}");
    for (int i = 1; i <= 100; i++) {
        ws_expect_next(b, "{'type':'message','id':'o%d','seq':%d}", i, i);
        ws_expect(a, "{'type':'ack','id':'o%d','seq':%d}", i, i);
    }
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = SERVERS});
    return 0;
}

STORY(setup, CASE(signing_in_with_the_header), CASE(signing_in_with_the_first_frame),
      CASE(frames_sent_before_ready_are_not_lost), CASE(both_ways_on_one_server_and_on_two),
      CASE(both_say_the_first_word_at_once),
      CASE(the_first_word_to_somebody_who_is_just_connecting), CASE(other_devices_see_it_too),
      CASE(a_note_to_oneself), CASE(the_same_id_again_is_the_same_message),
      CASE(the_same_id_with_other_content_is_refused), CASE(repeats_in_a_hurry_store_once),
      CASE(history_is_the_same_whichever_way_it_is_read), CASE(history_pages_both_ways),
      CASE(unread_counts_follow_the_read_marker),
      CASE(any_language_and_any_character_arrives_as_it_was),
      CASE(sixteen_kib_of_text_fit_and_one_byte_more_does_not),
      CASE(data_is_any_object_of_up_to_16_kib), CASE(pings_are_answered),
      CASE(a_hundred_messages_arrive_in_order))
