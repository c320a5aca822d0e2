/* A room of several on two chat-servers: who is in hears everything, from when they are in. */
#include "story.h"

static const char *member_path(const char *room, const struct user *u)
{
    return fmt("/api/conversations/%s/members/%s", room, u->name);
}

static void everybody_hears_everything_in_the_same_order(void **state)
{
    struct user u[4];
    struct ws *ws[4];

    for (int i = 0; i < 4; i++)
        u[i] = user_new(*state, "ann");
    const char *room = room_new(&u[0], "Four", (const struct user *[]){&u[1], &u[2], &u[3], NULL});
    for (int i = 0; i < 4; i++)
        ws[i] = chat_open(&u[i], i % 2);
    for (int n = 0; n < 40; n++)
        ws_send(ws[n % 4], "{'type':'send','id':'n%d','conversation':'%s','text':'%d'}", n, room,
                n);
    json_t *page = NULL;
    for (int n = 0; n < 40; n++)
        ws_expect(ws[n % 4], "{'type':'ack','id':'n%d'}", n);
    page = ITEM_OF(
        user_expect(&u[0], 200, "GET", fmt("/api/conversations/%s/messages?after=4", room), NULL),
        "messages");
    assert_int_equal(json_array_size(page), 40);
    for (int i = 0; i < 4; i++) {
        for (size_t n = 0; n < 40; n++) {
            json_t *record = json_array_get(page, n);
            assert_int_equal(INT_OF(record, "seq"), 5 + (long long)n);
            if (strcmp(TEXT_OF(record, "from"), u[i].name) != 0)
                ws_expect_next(ws[i], "{'type':'message','conversation':'%s','seq':%zu,'id':'%s'}",
                               room, 5 + n, TEXT_OF(record, "id"));
        }
        ws_expect_none(ws[i], "{}");
    }
}

static void a_new_room_appears_where_its_members_are(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);
    const char *room = room_new(&ann, "New", (const struct user *[]){&bob, NULL});

    ws_expect(a,
              "{'type':'conversation','conversation':{'id':'%s','kind':'room','name':'New','"
              "members_count':2}}",
              room);
    ws_expect(b,
              "{'type':'conversation','conversation':{'id':'%s','kind':'room','name':'New','"
              "members_count':2}}",
              room);
    ws_send(b, "{'type':'send','id':'b1','conversation':'%s','text':'nice'}", room);
    ws_expect(a, "{'type':'message','conversation':'%s','id':'b1','seq':3}", room);
}

static void members_come_and_go_in_the_same_sequence(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user cid = user_new(*state, "cid");
    const char *room = room_new(&ann, "Door", (const struct user *[]){&bob, NULL});
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 1);
    struct ws *c = chat_open(&cid, 1);

    ws_send(a, "{'type':'send','id':'a1','conversation':'%s','text':'before'}", room);
    ws_expect(a, "{'type':'ack','id':'a1','seq':3}");
    (void)user_expect(&ann, 201, "PUT", member_path(room, &cid), NULL);
    ws_send(a, "{'type':'send','id':'a2','conversation':'%s','text':'welcome'}", room);
    ws_expect(a, "{'type':'ack','id':'a2','seq':5}");
    (void)user_expect(&ann, 200, "PUT", member_path(room, &cid), "{'role':'admin'}");
    (void)user_expect(&ann, 204, "DELETE", member_path(room, &cid), NULL);
    ws_send(a, "{'type':'send','id':'a3','conversation':'%s','text':'after'}", room);
    ws_expect(a, "{'type':'ack','id':'a3','seq':8}");

    ws_expect_next(b, "{'type':'message','seq':3,'id':'a1'}");
    ws_expect_next(b,
                   "{'type':'member','conversation':'%s','seq':4,'action':'joined','user':'%s','by'"
                   ":'%s','time':'*'}",
                   room, cid.name, ann.name);
    ws_expect_next(b, "{'type':'message','seq':5}");
    ws_expect_next(b, "{'type':'member','seq':6,'action':'role','user':'%s','role':'admin'}",
                   cid.name);
    ws_expect_next(b, "{'type':'member','seq':7,'action':'removed','user':'%s','by':'%s'}",
                   cid.name, ann.name);
    ws_expect_next(b, "{'type':'message','seq':8}");

    ws_expect_next(c, "{'type':'conversation','conversation':{'id':'%s'}}", room);
    ws_expect_next(c, "{'type':'member','seq':4,'action':'joined'}");
    ws_expect_next(c, "{'type':'message','seq':5,'id':'a2'}");
    ws_expect_next(c, "{'type':'member','seq':6,'action':'role'}");
    ws_expect_next(c, "{'type':'member','seq':7,'action':'removed'}");
    ws_expect_nothing(c, 300); /* the other server may still send */
    ws_expect_none(c, "{}");
    ws_send(c, "{'type':'send','id':'c1','conversation':'%s','text':'still here'}", room);
    ws_expect(c, "{'type':'error','id':'c1','code':'not_found'}");
    ws_send(c, "{'type':'history','id':'h1','conversation':'%s'}", room);
    ws_expect(c, "{'type':'error','id':'h1','code':'not_found'}");
}

static void who_leaves_hears_no_more(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Left", (const struct user *[]){&bob, NULL});
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 0);

    (void)user_expect(&bob, 204, "DELETE", member_path(room, &bob), NULL);
    ws_expect(a, "{'type':'member','seq':3,'action':'left','user':'%s','by':'%s'}", bob.name,
              bob.name);
    ws_expect(b, "{'type':'member','seq':3,'action':'left'}");
    ws_send(a, "{'type':'send','id':'a1','conversation':'%s','text':'gone?'}", room);
    ws_expect(a, "{'type':'ack','id':'a1','seq':4}");
    ws_expect_nothing(b, 200);
    ws_expect_none(b, "{}");
}

static void coming_back_shows_what_was_missed_on_request(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Back", (const struct user *[]){&bob, NULL});
    struct ws *a = chat_open(&ann, 0);

    for (int i = 3; i < 10; i++)
        ws_send(a, "{'type':'send','id':'m%d','conversation':'%s','text':'x'}", i, room);
    ws_expect(a, "{'type':'ack','id':'m9','seq':9}");
    json_t *ready;
    struct ws *b = chat_open_ready(&bob, 1, &ready);
    EXPECT_JSON(match_find(ITEM_OF(ready, "conversations"), fmt("{'id':'%s'}", room)),
                "{'kind':'room','name':'Back','seq':9,'unread':7,'last':{'seq':9}}");
    ws_send(b, "{'type':'history','id':'h','conversation':'%s','after':2}", room);
    json_t *page = ws_expect(b, "{'type':'history','id':'h','more':false}");
    assert_int_equal(json_array_size(ITEM_OF(page, "messages")), 7);
    ws_send(a, "{'type':'send','id':'m10','conversation':'%s','text':'x'}", room);
    ws_expect_next(b, "{'type':'message','seq':10}");
}

static void a_new_name_is_told(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Old", (const struct user *[]){&bob, NULL});
    struct ws *b = chat_open(&bob, 1);

    (void)user_expect(&ann, 200, "PATCH", fmt("/api/conversations/%s", room), "{'name':'New'}");
    ws_expect(b, "{'type':'conversation','conversation':{'id':'%s','name':'New'}}", room);
}

/* Added in the middle of the traffic: from then on without a gap, wherever the bells and the
 * pages meet. */
static void who_is_added_while_messages_flow_misses_none(void **state)
{
    for (int server = 0; server < 2; server++) {
        struct user ann = user_new(*state, "ann");
        struct user cid = user_new(*state, "cid");
        const char *room = room_new(&ann, "Busy", (const struct user *[]){NULL});
        struct ws *a = chat_open(&ann, 0);
        struct ws *c = chat_open(&cid, server);
        for (int i = 0; i < 400; i++)
            ws_send(a, "{'type':'send','id':'t%d','conversation':'%s','text':'x'}", i, room);
        (void)user_expect(&ann, 201, "PUT", member_path(room, &cid), NULL);
        for (int i = 400; i < 500; i++)
            ws_send(a, "{'type':'send','id':'t%d','conversation':'%s','text':'x'}", i, room);
        long long seq =
            INT_OF(ITEM_OF(ws_expect_next(c, "{'type':'conversation'}"), "conversation"), "seq");
        do {
            seq++;
            ws_expect_next(c, "{'conversation':'%s','seq':%lld}", room, seq);
        } while (seq < 502); /* 500 messages, and two that joined */
    }
}

/* Connecting in the middle of the traffic: `ready` says where it begins, and it begins there. */
static void who_connects_while_messages_flow_misses_none(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Busy", (const struct user *[]){&bob, NULL});
    struct ws *a = chat_open(&ann, 0);

    for (int round = 0; round < 10; round++) {
        json_t *ready;
        for (int i = 0; i < 50; i++)
            ws_send(a, "{'type':'send','id':'r%d.%d','conversation':'%s','text':'x'}", round, i,
                    room);
        struct ws *b = chat_open_ready(&bob, round % 2, &ready);
        long long seq =
            INT_OF(match_find(ITEM_OF(ready, "conversations"), fmt("{'id':'%s'}", room)), "seq");
        while (seq < 2 + 50 * (round + 1)) {
            seq++;
            ws_expect_next(b, "{'type':'message','seq':%lld}", seq);
        }
        stack_hang_up(*state, b);
    }
}

/* Nothing of a room, nor that there is one, reaches a stranger who is connected. */
static void strangers_hear_nothing(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user eve = user_new(*state, "eve");
    struct ws *e[2] = {chat_open(&eve, 0), chat_open(&eve, 1)};
    struct ws *a = chat_open(&ann, 0);
    const char *room = room_new(&ann, "Secret", (const struct user *[]){&bob, NULL});

    ws_send(a, "{'type':'send','id':'a1','conversation':'%s','text':'secret'}", room);
    ws_send(a, "{'type':'send','id':'a2','to':'%s','text':'secret'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'a1'}");
    ws_expect(a, "{'type':'ack','id':'a2'}");
    ws_expect_nothing(e[0], 200);
    ws_expect_nothing(e[1], 1);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 2});
    return 0;
}

STORY(setup, CASE(everybody_hears_everything_in_the_same_order),
      CASE(a_new_room_appears_where_its_members_are),
      CASE(members_come_and_go_in_the_same_sequence), CASE(who_leaves_hears_no_more),
      CASE(coming_back_shows_what_was_missed_on_request), CASE(a_new_name_is_told),
      CASE(who_is_added_while_messages_flow_misses_none),
      CASE(who_connects_while_messages_flow_misses_none), CASE(strangers_hear_nothing))
