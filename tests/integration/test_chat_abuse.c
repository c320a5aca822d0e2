/* Clients that read nothing, say nothing, say too much or die: each is bounded, told why, and nobody else misses
 * anything. What it costs the others in time is measured by bench_abuse. */
#include <sys/socket.h>

#include "redis_proxy.h"
#include "story.h"

enum { PLAIN, LIMITED, HELD }; /* chat-servers */

#define QUEUE_KIB 256
#define AUTH_TIMEOUT_S 2
#define RATE_SEND 60
#define RATE_FRAMES 300
#define PER_ADDRESS 20
#define PING_S 2

static struct redis_proxy proxy;

static struct ws *open_from(const struct user *u, int chat)
{
    struct ws *ws = chat_open(u, chat);
    int bytes = 64 * 1024; /* so that the kernel does not keep megabytes for who does not read */

    assert_int_equal(setsockopt(ws->core.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    return ws;
}

static double open_connections(struct stack *s, int chat)
{
    return daemon_metric(&s->chat[chat], "chatapp_ws_connections");
}

/* --- somebody else --------------------------------------------------------------------------- */

/* Talks to herself, and is answered at once whatever happens to others. */
struct bystander {
    struct user user;
    struct ws *ws;
    int sent;
};

static struct bystander bystander_new(struct stack *s, int chat)
{
    struct bystander b = {.user = user_new(s, "bystander")};

    b.ws = chat_open(&b.user, chat);
    ws_send(b.ws, "{'type':'send','id':'first','to':'%s','text':'x'}", b.user.name);
    ws_expect(b.ws, "{'type':'ack','id':'first'}");
    ws_forget(b.ws);
    return b;
}

static void expect_served(struct bystander *b)
{
    b->sent++;
    ws_send(b->ws, "{'type':'send','id':'b%d','to':'%s','text':'x'}", b->sent, b->user.name);
    ws_expect_next(b->ws, "{'type':'ack','id':'b%d','seq':%d}", b->sent, b->sent + 1);
}

/* --- who does not read ----------------------------------------------------------------------- */

#define SLOW_CONSUMERS "chatapp_ws_slow_consumers_total"

/* A room of Ann, who writes, Bob, who reads, and one who never does. */
struct unread_room {
    struct daemon *chat;
    char id[32];
    struct ws *ann, *bob, *never;
    int seq;
};

static struct unread_room unread_room_new(struct stack *s)
{
    struct user u[] = {user_new(s, "ann"), user_new(s, "bob"), user_new(s, "never")};
    struct unread_room r = {.chat = &s->chat[PLAIN], .seq = 3};

    (void)snprintf(r.id, sizeof r.id, "%s",
                   room_new(&u[0], "R", (const struct user *[]){&u[1], &u[2], NULL}));
    r.ann = chat_open(&u[0], PLAIN);
    r.bob = chat_open(&u[1], PLAIN);
    r.never = open_from(&u[2], PLAIN);
    return r;
}

static void write_until_given_up(struct unread_room *r)
{
    const char *text = fmt_repeat('x', 8000);
    double before = daemon_metric(r->chat, SLOW_CONSUMERS);

    for (int batch = 0; batch < 100 && daemon_metric(r->chat, SLOW_CONSUMERS) == before; batch++)
        for (int i = 0; i < 20; i++) {
            r->seq++;
            ws_send(r->ann, "{'type':'send','id':'m%d','conversation':'%s','text':'%s'}", r->seq,
                    r->id, text);
            ws_expect_next(r->ann, "{'type':'ack','id':'m%d','seq':%d}", r->seq, r->seq);
            ws_receive(r->bob, 0);
        }
    assert_true(daemon_metric(r->chat, SLOW_CONSUMERS) == before + 1);
}

static void who_never_reads_is_given_up_and_the_others_miss_nothing(void **state)
{
    struct stack *s = *state;
    struct unread_room r = unread_room_new(s);
    double connections = open_connections(s, PLAIN);

    write_until_given_up(&r);
    for (int seq = 4; seq <= r.seq; seq++)
        ws_expect_next(r.bob, "{'type':'message','seq':%d}", seq);
    ws_expect_none(r.bob, "{}");
    ws_expect_close(r.never, 4001); /* what was sent before was whole, and in order */
    for (size_t i = 0; i < json_array_size(r.never->queue); i++)
        assert_int_equal(INT_OF(json_array_get(r.never->queue, i), "seq"), 4 + (long long)i);
    WAIT_UNTIL(open_connections(s, PLAIN) == connections - 1);
}

/* Nor does it read the close frame: it is gone all the same. */
static void who_never_reads_again_does_not_stay(void **state)
{
    struct stack *s = *state;
    struct unread_room r = unread_room_new(s);
    double connections = open_connections(s, PLAIN);

    write_until_given_up(&r);
    WAIT_UNTIL(open_connections(s, PLAIN) == connections - 1);
}

/* The answers pile up where nobody reads them: TCP holds the client back, or it is given up. What it gets, when it
 * reads at last, are the answers in their order. */
static void who_asks_and_does_not_read_is_held_back_or_given_up(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "asks");
    struct ws *flood = open_from(&u, PLAIN);
    struct bystander b = bystander_new(s, PLAIN);
    size_t asked = 0;

    for (int batch = 0; batch < 200; batch++) {
        for (int i = 0; i < 500 && flood->core.out.n < 65536; i++)
            ws_send(flood, "{'type':'ping','id':'%zu'}", asked++);
        ws_core_send_bytes(&flood->core, STR("")); /* writes what waits, and reads nothing */
        expect_served(&b);
    }
    WAIT_UNTIL((ws_receive(flood, 10), json_array_size(flood->queue) == asked || ws_ended(flood)));
    for (size_t i = 0; i < json_array_size(flood->queue); i++)
        assert_int_equal(atol(TEXT_OF(json_array_get(flood->queue, i), "id")), (long)i);
    if (ws_ended(flood))
        ws_expect_close(flood, 4001);
    expect_served(&b);
}

/* The protocol's own pings: one who does not read the pongs gets fewer of them, or is closed. */
static void a_flood_of_pings_harms_nobody(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "pings");
    struct ws *flood = open_from(&u, PLAIN);
    struct bystander b = bystander_new(s, PLAIN);
    const char *payload = fmt_repeat('p', 125);

    for (int batch = 0; batch < 100; batch++) {
        for (int i = 0; i < 500 && flood->core.out.n < 65536; i++)
            ws_core_send(&flood->core, WS_PING, str_of(payload));
        ws_core_send_bytes(&flood->core, STR(""));
        expect_served(&b);
    }
    WAIT_UNTIL((ws_receive(flood, 10), flood->core.out.n == 0 || ws_ended(flood)));
    if (!ws_ended(flood)) {
        ws_send(flood, "{'type':'ping','id':'still-there'}");
        ws_expect_next(flood, "{'type':'pong','id':'still-there'}");
    }
    expect_served(&b);
}

/* --- who says too much ----------------------------------------------------------------------- */

static int refused(struct ws *ws, const char *code, const char *id)
{
    json_t *error = ws_expect_next(ws, "{'type':'error','code':'%s','retry':true}", code);

    if (id != NULL)
        EXPECT_JSON(error, "{'id':'%s'}", id);
    return 1;
}

/* Each is answered, in order; what is acked is stored, in order, and nothing else. */
static void messages_at_full_speed_are_limited(void **state)
{
    enum { MESSAGES = 400 };
    struct stack *s = *state;
    struct user u = user_new(s, "eager");
    struct bystander b = bystander_new(s, LIMITED);
    struct ws *ws = chat_open(&u, LIMITED);
    int stored = 0;
    int limited = 0;

    for (int i = 0; i < MESSAGES; i++)
        ws_send(ws, "{'type':'send','id':'m%d','to':'%s','text':'x'}", i, u.name);
    expect_served(&b);
    for (int i = 0; i < MESSAGES; i++) {
        json_t *answer = ws_expect(ws, "{'id':'m%d'}", i);
        if (strcmp(TEXT_OF(answer, "type"), "ack") == 0)
            EXPECT_JSON(answer, "{'seq':%d}", ++stored);
        else
            EXPECT_JSON(answer, "{'code':'rate_limited','retry':true}");
        limited += json_object_get(answer, "code") != NULL;
    }
    assert_in_range(stored, RATE_SEND, MESSAGES - 1);
    assert_int_equal(stored + limited, MESSAGES);
    json_t *page = user_expect(
        &u, 200, "GET", fmt("/api/conversations/%s/messages?limit=1", direct_id(&u, &u)), NULL);
    EXPECT_JSON(page, "{'messages':[{'seq':%d}]}", stored);
    expect_served(&b);
}

/* A flood of one kind of frame; returns how many were not refused. Those that were get the id back. */
static int flood(struct ws *ws, int n, const char *frame, const char *answer, const char *id)
{
    int answered = 0;

    for (int i = 0; i < n; i++)
        ws_send(ws, "%s", frame);
    for (int i = 0; i < n; i++) {
        while (json_array_size(ws->queue) == 0 && !ws_ended(ws))
            ws_receive(ws, PATIENCE_MS);
        if (match_find(ws->queue, answer) == json_array_get(ws->queue, 0)) {
            ws_expect_next(ws, "%s", answer);
            answered++;
        } else {
            (void)refused(ws, "rate_limited", id);
        }
    }
    return answered;
}

static void other_frames_at_full_speed_are_limited(void **state)
{
    static const struct {
        const char *frame, *answer, *id;
    } FRAMES[] = {
        {"{'type':'ping','id':'p'}", "{'type':'pong','id':'p'}", "p"},
        {"{'type':'history','id':'h','conversation':'x'}", "{'code':'not_found','id':'h'}", "h"},
        {"{'type':'read','conversation':'x','seq':1}", "{'code':'not_found'}", NULL},
        {"{'type':'sync','id':'s','epoch':'x','positions':{}}", "{'type':'synced','id':'s'}", "s"},
        {"{'type':'nonsense','id':'n'}", "{'code':'unknown_type','id':'n'}", "n"},
        {"{", "{'code':'bad_json'}", NULL},
    };
    enum { MANY = 2 * RATE_FRAMES };
    struct stack *s = *state;
    struct user u = user_new(s, "eager");

    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
        struct ws *ws = chat_open(&u, LIMITED); /* each connection has an allowance of its own */
        int answered = flood(ws, MANY, FRAMES[i].frame, FRAMES[i].answer, FRAMES[i].id);
        if (answered < RATE_FRAMES || answered == MANY)
            fail_at(HERE, "%s: %d of %d are answered", FRAMES[i].frame, answered, MANY);
        ws_send(ws, "{'type':'send','id':'%zu','to':'%s','text':'x'}", i, u.name);
        ws_expect(ws, "{'type':'ack','id':'%zu'}", i); /* and messages are not counted */
        ws_forget(ws);
        stack_hang_up(s, ws);
    }
}

/* A byte each, in turn. */
static void a_byte_at_a_time_from_many(void **state)
{
    enum { SLOW = 30 };
    struct stack *s = *state;
    struct user u = user_new(s, "slow");
    struct bystander b = bystander_new(s, PLAIN);
    struct ws_core frame = {.fd = -1, .state = WS_CONNECTING};
    struct ws *slow[SLOW];

    for (int i = 0; i < SLOW; i++)
        slow[i] = chat_open(&u, PLAIN);
    ws_core_send_text(
        &frame,
        str_of(fmt_json(fmt("{'type':'send','id':'slow','to':'%s','text':'at last'}", u.name))));
    for (size_t at = 0; at < frame.out.n; at++) {
        for (int i = 0; i < SLOW; i++)
            ws_core_send_bytes(&slow[i]->core, str_from(frame.out.p + at, 1));
        expect_served(&b);
    }
    ws_core_fini(&frame);
    for (int i = 0; i < SLOW; i++)
        ws_expect(slow[i], "{'type':'ack','id':'slow','seq':1}");
}

/* --- who says nothing ------------------------------------------------------------------------ */

static void five_hundred_that_say_nothing_are_closed(void **state)
{
    enum { SILENT = 500 };
    struct stack *s = *state;
    struct bystander b = bystander_new(s, PLAIN);
    double connections = open_connections(s, PLAIN);
    static struct ws *silent[SILENT];

    for (int i = 0; i < SILENT; i++) {
        silent[i] = stack_socket(s, PLAIN, "");
        ws_expect_status(silent[i], 101);
        if (i % 10 == 0)
            expect_served(&b);
    }
    for (int i = 0; i < SILENT; i++)
        ws_expect_close(silent[i], 4408);
    expect_served(&b);
    WAIT_UNTIL(open_connections(s, PLAIN) == connections);
}

static void three_hundred_half_handshakes_are_dropped(void **state)
{
    enum { HALF = 300 };
    struct stack *s = *state;
    struct bystander b = bystander_new(s, PLAIN);
    static struct raw half[HALF];

    for (int i = 0; i < HALF; i++) {
        half[i] = raw_open(s->chat[PLAIN].port);
        raw_send(&half[i], STR("GET /chat HTTP/1.1\r\nHost: x\r\nUpgr"));
        if (i % 10 == 0)
            expect_served(&b);
    }
    for (int i = 0; i < HALF; i++) {
        raw_receive_to_end(&half[i]);
        raw_close(&half[i]);
    }
    expect_served(&b);
}

/* Whatever end a connection came to, it is not counted any more. */
static void those_that_were_refused_or_broke_off_are_not_counted(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "often");
    int port = s->chat[LIMITED].port;
    const char *good = fmt("Authorization: Bearer %s\r\n", u.access);

    stack_hang_up_all(s);
    for (int i = 0; i < 3 * PER_ADDRESS; i++) {
        ws_free(ws_new(port, "/chat", "Authorization: Bearer nonsense\r\n"));
        ws_free(ws_new(port, "/chat", "Origin: https://evil.example\r\n"));
        ws_free(ws_new(port, "/nowhere", good));
        struct raw raw = raw_open(port);
        raw_send(&raw, STR("GET /chat HTTP/1.1\r\nHost: x\r\n"));
        raw_close(&raw);
        WAIT_UNTIL(open_connections(s, LIMITED) < PER_ADDRESS);
        struct ws *ws = ws_new(port, "/chat", i % 2 ? good : "");
        ws_expect_status(ws, 101);
        if (i % 4 == 1)
            ws_expect(ws, "{'type':'ready'}");
        ws_free(ws); /* without a word */
    }
    WAIT_UNTIL(open_connections(s, LIMITED) == 0);
    struct ws *all[PER_ADDRESS + 1];
    for (int i = 0; i <= PER_ADDRESS; i++)
        all[i] = ws_new(port, "/chat", good);
    for (int i = 0; i < PER_ADDRESS; i++)
        ws_expect(all[i], "{'type':'ready'}");
    ws_expect_status(all[PER_ADDRESS], 429);
    for (int i = 0; i <= PER_ADDRESS; i++)
        ws_free(all[i]);
}

/* --- who is dead ----------------------------------------------------------------------------- */

/* In the middle of a frame no ping can be answered. */
static void half_a_frame_and_then_nothing_is_dead(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "half");
    struct ws *half = chat_open(&u, HELD);
    struct ws *quiet = chat_open(&u, HELD);
    struct ws *live = chat_open(&u, HELD);
    struct ws_core frame = {.fd = -1, .state = WS_CONNECTING};

    ws_core_send_text(&frame, STR("{\"type\":\"ping\",\"id\":\"whole\"}"));
    half->core.manual = quiet->core.manual = true;
    ws_core_send_bytes(&half->core, str_from(frame.out.p, frame.out.n / 2));
    ws_core_send_frame(&live->core, WS_TEXT, true, STR("{\"type\":\"ping\","));
    while (!ws_ended(half) || !ws_ended(quiet)) {
        ws_receive(half, 20);
        ws_receive(quiet, 0);
        ws_receive(live, 20); /* half a message is another thing: pings go between */
    }
    assert_true(half->pings >= 1 && live->pings >= 1);
    ws_expect_close(half, 4002);
    ws_expect_close(quiet, 4002);
    ws_core_send_frame(&live->core, 0x80 | WS_CONTINUATION, true, STR("\"id\":\"whole\"}"));
    ws_expect_next(live, "{'type':'pong','id':'whole'}");
    ws_core_fini(&frame);
}

/* While Redis does not answer, a client with much under way is not read from: neither are its answers to pings, so
 * that it is given time. When Redis answers again, the dead and the gone are noticed. */
static void who_is_paused_is_dead_only_afterwards(void **state)
{
    enum { MESSAGES = 1000 };
    struct stack *s = *state;
    struct user u = user_new(s, "hasty");
    char room[32];

    (void)snprintf(room, sizeof room, "%s", room_new(&u, "R", (const struct user *[]){NULL}));
    double connections = open_connections(s, HELD);
    struct ws *dead = chat_open(&u, HELD);
    struct ws *gone = chat_open(&u, HELD);
    redis_proxy_hold_at(&proxy, room);
    for (int i = 0; i < MESSAGES; i++) {
        ws_send(dead, "{'type':'send','id':'d%d','conversation':'%s','text':'x'}", i, room);
        ws_send(gone, "{'type':'send','id':'g%d','conversation':'%s','text':'x'}", i, room);
    }
    WAIT_UNTIL((ws_receive(dead, 1), redis_proxy_held(&proxy) > 0));
    dead->core.manual = true;
    ws_core_fini(&gone->core);
    ws_expect_nothing(dead, 2 * PING_S * 1000 + 500);
    assert_false(ws_ended(dead));
    redis_proxy_release(&proxy);
    for (int i = 0; i < MESSAGES; i++)
        ws_expect(dead, "{'type':'ack','id':'d%d'}", i);
    ws_expect_close(dead, 4002);
    stack_hang_up(s, dead);
    WAIT_UNTIL(open_connections(s, HELD) == connections);
}

/* --------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct stack *s = stack_start((struct stack_options){
        .chat_servers = 1,
        .redis_tcp = true,
        .chat_flags = {fmt("--queue-max-kib=%d", QUEUE_KIB),
                       fmt("--auth-timeout-s=%d", AUTH_TIMEOUT_S), "--rate-frames=0"}});

    redis_proxy_start(&proxy, &s->redis);
    stack_add_chat(s, s->redis.url,
                   (const char *[]){fmt("--rate-send=%d", RATE_SEND),
                                    fmt("--rate-frames=%d", RATE_FRAMES),
                                    fmt("--max-connections-per-address=%d", PER_ADDRESS), NULL});
    stack_add_chat(
        s, proxy.url,
        (const char *[]){fmt("--ping-interval-s=%d", PING_S), "--redis-timeout-ms=60000", NULL});
    *state = s;
    return 0;
}

/* Nothing that a failed case holds back or leaves open is left to the next one. */
static int let_go(void **state)
{
    struct stack *s = *state;

    redis_proxy_release(&proxy);
    stack_hang_up_all(s);
    return 0;
}

static void the_proxy_ends_too(void **state)
{
    (void)state;
    redis_proxy_stop(&proxy);
}

#define ABUSE_CASE(function) cmocka_unit_test_teardown(function, let_go)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ABUSE_CASE(who_never_reads_is_given_up_and_the_others_miss_nothing),
        ABUSE_CASE(who_never_reads_again_does_not_stay),
        ABUSE_CASE(who_asks_and_does_not_read_is_held_back_or_given_up),
        ABUSE_CASE(a_flood_of_pings_harms_nobody),
        ABUSE_CASE(messages_at_full_speed_are_limited),
        ABUSE_CASE(other_frames_at_full_speed_are_limited),
        ABUSE_CASE(a_byte_at_a_time_from_many),
        ABUSE_CASE(five_hundred_that_say_nothing_are_closed),
        ABUSE_CASE(three_hundred_half_handshakes_are_dropped),
        ABUSE_CASE(those_that_were_refused_or_broke_off_are_not_counted),
        ABUSE_CASE(half_a_frame_and_then_nothing_is_dead),
        ABUSE_CASE(who_is_paused_is_dead_only_afterwards),
        CASE(the_daemons_end_well),
        CASE(the_proxy_ends_too),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
