/* RFC 6455, over a socket of our own: what a proper client may do works, what it must not is
 * answered with the right code and harms nobody else. */
#include "story.h"

#define FIN 0x80U

struct line {
    struct stack *stack;
    struct user ann;
};

static struct ws *opened(struct line *l)
{
    struct ws *ws = chat_open(&l->ann, 0);

    ws->core.manual = true;
    return ws;
}

static void expect_alive(struct ws *ws)
{
    ws_send(ws, "{'type':'ping','id':'alive'}");
    ws_expect(ws, "{'type':'pong','id':'alive'}");
}

/* --- what works ------------------------------------------------------------------------------ */

static void a_message_in_fragments_is_one_message(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);
    const char *text = "{\"type\":\"ping\",\"id\":\"in-pieces\"}";
    size_t n = strlen(text);

    ws_core_send_frame(&ws->core, WS_TEXT, true, str_from(text, 10));
    ws_core_send_frame(&ws->core, WS_CONTINUATION, true,
                       str_from(text + 10, 0)); /* empty ones are fine */
    ws_core_send_frame(&ws->core, WS_CONTINUATION, true, str_from(text + 10, 5));
    ws_core_send_frame(&ws->core, FIN | WS_PING, true, STR("between"));
    ws_core_send_frame(&ws->core, FIN | WS_CONTINUATION, true, str_from(text + 15, n - 15));
    ws_expect(ws, "{'type':'pong','id':'in-pieces'}");
    WAIT_UNTIL((ws_receive(ws, 10), ws->pongs == 1));
    assert_string_equal(ws->pong, "between");
}

static void each_byte_in_a_frame_of_its_own(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);
    const char *text =
        "{\"type\":\"ping\",\"id\":\"bytes\",\"x\":\"\xe4\xbd\xa0\xf0\x9f\x90\x8e\"}";
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        ws_core_send_frame(&ws->core, (i == n - 1 ? FIN : 0) | (i == 0 ? WS_TEXT : WS_CONTINUATION),
                           true, str_from(text + i, 1));
    ws_expect(ws, "{'type':'pong','id':'bytes'}");
}

/* The network may cut anywhere, and may join what was sent apart. */
static void each_byte_of_a_frame_in_a_packet_of_its_own(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);
    struct ws_core spare = {.fd = -1, .state = WS_CONNECTING};

    ws_core_send_frame(&spare, FIN | WS_TEXT, true, STR("{\"type\":\"ping\",\"id\":\"slow\"}"));
    ws_core_send_frame(&spare, FIN | WS_TEXT, true, STR("{\"type\":\"ping\",\"id\":\"next\"}"));
    for (size_t i = 0; i < spare.out.n; i++) {
        ws_core_send_bytes(&ws->core, str_from(spare.out.p + i, 1));
        wait_a_little();
    }
    ws_expect_next(ws, "{'type':'pong','id':'slow'}");
    ws_expect_next(ws, "{'type':'pong','id':'next'}");
    ws_core_send_bytes(&ws->core, buf_view(&spare.out));
    ws_expect_next(ws, "{'type':'pong','id':'slow'}");
    ws_expect_next(ws, "{'type':'pong','id':'next'}");
    ws_core_fini(&spare);
}

static void pings_are_answered_with_their_payload(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);
    const char *longest = fmt_repeat('p', 125);

    ws_core_send(&ws->core, WS_PING, STR(""));
    WAIT_UNTIL((ws_receive(ws, 10), ws->pongs == 1));
    assert_string_equal(ws->pong, "");
    ws_core_send(&ws->core, WS_PING, str_of(longest));
    WAIT_UNTIL((ws_receive(ws, 10), ws->pongs == 2));
    assert_string_equal(ws->pong, longest);
    ws_core_send(&ws->core, WS_PONG, STR("nobody asked"));
    expect_alive(ws);
}

/* Silence is asked about, and a client that does not answer is dropped. */
static void who_does_not_answer_pings_is_dropped(void **state)
{
    struct line *l = *state;
    struct stack *s = l->stack;
    struct daemon nervous;

    daemon_init(&nervous, "chat-server", "chat-server-nervous", &s->dir, s->redis.url,
                (const char *[]){"--ping-interval-s=1", NULL});
    daemon_up(&nervous);
    struct ws *dead =
        ws_new(nervous.port, "/chat", fmt("Authorization: Bearer %s\r\n", l->ann.access));
    struct ws *live =
        ws_new(nervous.port, "/chat", fmt("Authorization: Bearer %s\r\n", l->ann.access));
    dead->core.manual = true;
    ws_expect(dead, "{'type':'ready'}");
    ws_expect(live, "{'type':'ready'}");
    while (!ws_ended(dead)) {
        ws_receive(dead, 50);
        ws_receive(live, 1); /* this one answers */
    }
    assert_true(dead->pings >= 1);
    ws_expect_close(dead, 4002);
    assert_true(live->pings >= 1);
    ws_send(live, "{'type':'ping'}");
    ws_expect(live, "{'type':'pong'}");
    ws_free(dead);
    ws_free(live);
    assert_int_equal(daemon_terminate(&nervous), 0);
    daemon_fini(&nervous);
}

/* --- closing --------------------------------------------------------------------------------- */

static str close_payload(int code, const char *reason)
{
    const char *text = fmt("%c%c%s", code >> 8, code & 0xFF, reason);

    return str_from(text, 2 + strlen(reason));
}

static void a_close_is_answered_with_its_code(void **state)
{
    static const int CODES[] = {1000, 1001, 1003, 1007, 1008, 1009,
                                1010, 1011, 3000, 3999, 4000, 4999};
    struct line *l = *state;

    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        struct ws *ws = opened(l);
        ws_core_send(&ws->core, WS_CLOSE, close_payload(CODES[i], "bye"));
        while (!ws_ended(ws))
            ws_receive(ws, PATIENCE_MS);
        if (ws->core.close_code != CODES[i] && ws->core.close_code != 1000 &&
            ws->core.close_code != 1005)
            fail_at(HERE, "%d is answered with %d", CODES[i], ws->core.close_code);
        stack_hang_up(l->stack, ws);
    }
    struct ws *ws = opened(l);
    ws_core_send(&ws->core, WS_CLOSE, STR("")); /* without a code */
    while (!ws_ended(ws))
        ws_receive(ws, PATIENCE_MS);
    assert_true(ws->core.close_code == 1005 || ws->core.close_code == 1000);
}

static void nothing_is_said_after_a_close(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);

    ws_core_send(&ws->core, WS_CLOSE, close_payload(1000, ""));
    ws_send(ws, "{'type':'ping','id':'after'}");
    while (!ws_ended(ws))
        ws_receive(ws, PATIENCE_MS);
    assert_null(match_find(ws->queue, "{'id':'after'}"));
}

/* --- what must not be ------------------------------------------------------------------------ */

struct offence {
    const char *what;
    unsigned first_byte;
    str payload;
    int code; /* expected */
    int or_code;
};

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }
#define LONG_126                                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxxxxxxxxxxxxxx"                                                                         \
    "xxxxxxxxxxxxxx"

/* Not among them: an unmasked frame. libwebsockets 4.1.6 takes it, and does not show the bit. */
static const struct offence OFFENCES[] = {
    {"reserved bit 1", FIN | 0x40 | WS_TEXT, BYTES("{}"), 1002, 0},
    {"reserved bit 2", FIN | 0x20 | WS_TEXT, BYTES("{}"), 1002, 0},
    {"reserved bit 3", FIN | 0x10 | WS_TEXT, BYTES("{}"), 1002, 0},
    {"reserved bit of a ping", FIN | 0x40 | WS_PING, BYTES(""), 1002, 0},
    {"opcode 3", FIN | 0x3, BYTES("x"), 1002, 0},
    {"opcode 7", FIN | 0x7, BYTES("x"), 1002, 0},
    {"opcode B", FIN | 0xB, BYTES("x"), 1002, 0},
    {"opcode F", FIN | 0xF, BYTES("x"), 1002, 0},
    {"a continuation of nothing", FIN | WS_CONTINUATION, BYTES("x"), 1002, 0},
    {"a ping in fragments", WS_PING, BYTES("x"), 1002, 0},
    {"a close in fragments", WS_CLOSE, BYTES("\x03\xe8"), 1002, 0},
    {"a ping of 126 bytes", FIN | WS_PING, BYTES(LONG_126), 1002, 0},
    {"a close of 126 bytes", FIN | WS_CLOSE, BYTES(LONG_126), 1002, 0},
    {"half a close code", FIN | WS_CLOSE, BYTES("\x03"), 1002, 0},
    {"a close reason that is not UTF-8", FIN | WS_CLOSE, BYTES("\x03\xe8\xff\xfe"), 1007, 1002},
    {"close code 0", FIN | WS_CLOSE, BYTES("\x00\x00"), 1002, 0},
    {"close code 999", FIN | WS_CLOSE, BYTES("\x03\xe7"), 1002, 0},
    {"close code 1004", FIN | WS_CLOSE, BYTES("\x03\xec"), 1002, 0},
    {"close code 1005", FIN | WS_CLOSE, BYTES("\x03\xed"), 1002, 0},
    {"close code 1006", FIN | WS_CLOSE, BYTES("\x03\xee"), 1002, 0},
    {"close code 1016", FIN | WS_CLOSE, BYTES("\x03\xf8"), 1002, 0},
    {"close code 1100", FIN | WS_CLOSE, BYTES("\x04\x4c"), 1002, 0},
    {"close code 2000", FIN | WS_CLOSE, BYTES("\x07\xd0"), 1002, 0},
    {"close code 2999", FIN | WS_CLOSE, BYTES("\x0b\xb7"), 1002, 0},
    {"invalid UTF-8", FIN | WS_TEXT, BYTES("{\"type\":\"ping\",\"x\":\"\xff\"}"), 1007, 0},
    {"an overlong encoding", FIN | WS_TEXT, BYTES("{\"type\":\"ping\",\"x\":\"\xc0\xaf\"}"), 1007,
     0},
    {"an encoded surrogate", FIN | WS_TEXT, BYTES("{\"type\":\"ping\",\"x\":\"\xed\xa0\x80\"}"),
     1007, 0},
    {"beyond U+10FFFF", FIN | WS_TEXT, BYTES("{\"type\":\"ping\",\"x\":\"\xf4\x90\x80\x80\"}"),
     1007, 0},
    {"half a character", FIN | WS_TEXT, BYTES("\xe4\xbd"), 1007, 0},
    {"a binary message", FIN | WS_BINARY, BYTES("{\"type\":\"ping\"}"), 1003, 0},
};

/* All are tried before the test fails, so that one run tells everything. */
static void offences_end_the_connection_with_the_right_code(void **state)
{
    struct line *l = *state;
    struct ws *bystander = opened(l);
    int wrong = 0;

    for (size_t i = 0; i < sizeof OFFENCES / sizeof OFFENCES[0]; i++) {
        const struct offence *o = &OFFENCES[i];
        struct ws *ws = opened(l);
        int64_t deadline = clock_mono_ms() + 3000;
        ws_core_send_frame(&ws->core, o->first_byte, true, o->payload);
        while (!ws_ended(ws) && ws->core.close_code == 0 && clock_mono_ms() < deadline)
            ws_receive(ws, 100);
        int code = ws->core.close_code;
        if (code == 0 || (code != o->code && code != o->or_code) ||
            json_array_size(ws->queue) != 0) {
            print_error("%s: expected %d, got %d (%s), answered with %s\n", o->what, o->code, code,
                        ws_ended(ws) ? "ended" : "open", match_show(ws->queue));
            wrong++;
        }
        stack_hang_up(l->stack, ws);
    }
    expect_alive(bystander);
    assert_int_equal(wrong, 0);
}

static void a_new_message_inside_another_is_an_error(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);

    ws_core_send_frame(&ws->core, WS_TEXT, true, STR("{\"type\":"));
    ws_core_send_frame(&ws->core, FIN | WS_TEXT, true, STR("{\"type\":\"ping\"}"));
    ws_expect_close(ws, 1002);
}

static void invalid_utf8_over_two_fragments(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);

    ws_core_send_frame(&ws->core, WS_TEXT, true, STR("{\"type\":\"ping\",\"x\":\"\xe4\xbd"));
    ws_core_send_frame(&ws->core, FIN | WS_CONTINUATION, true, STR("\"}"));
    ws_expect_close(ws, 1007);
}

/* The length is announced, the bytes never come: it must not wait for them, nor make room. */
static void a_huge_frame_is_refused_by_its_header(void **state)
{
    static const str HEADERS[] = {
        BYTES("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x01\x37\xfa\x21\x3d"), /* 64 KiB + 1 */
        BYTES("\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00\x37\xfa\x21\x3d"), /* 4 GiB */
        BYTES("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x37\xfa\x21\x3d"), /* 2^63 - 1 */
        BYTES("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x37\xfa\x21\x3d"), /* over it */
    };
    struct line *l = *state;

    for (size_t i = 0; i < 4; i++) {
        struct ws *ws = opened(l);
        ws_core_send_bytes(&ws->core, HEADERS[i]);
        ws_core_send_bytes(&ws->core, str_of(fmt_repeat('x', 4096)));
        int64_t deadline = clock_mono_ms() + 5000;
        while (!ws_ended(ws) && ws->core.close_code == 0 && clock_mono_ms() < deadline)
            ws_receive(ws, 100);
        if (ws->core.close_code != 1009 && ws->core.close_code != 1002)
            fail_at(HERE, "header %zu: %s with %d", i, ws_ended(ws) ? "ended" : "open",
                    ws->core.close_code);
        stack_hang_up(l->stack, ws);
    }
}

static void many_small_fragments_count_together(void **state)
{
    struct line *l = *state;
    struct ws *ws = opened(l);
    const char *piece = fmt_repeat('x', 1000);

    ws_core_send_frame(&ws->core, WS_TEXT, true, str_of(piece));
    for (int i = 0; i < 66 && !ws_ended(ws); i++) {
        ws_core_send_frame(&ws->core, WS_CONTINUATION, true, str_of(piece));
        ws_receive(ws, 0);
    }
    ws_expect_close(ws, 1009);
}

/* --- the handshake --------------------------------------------------------------------------- */

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define REST "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define HOST "Host: chat.example:81\r\n"

struct handshake {
    const char *what;
    const char *request;
    int status; /* 0: anything but 101 */
};

static const struct handshake HANDSHAKES[] = {
    {"a good one", "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST "\r\n", 101},
    {"words in other cases",
     "GET /chat HTTP/1.1\r\n" HOST
     "upgrade: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n" KEY REST "\r\n",
     101},
    {"the same host's origin",
     "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST "Origin: https://chat.example:8443\r\n\r\n",
     101},
    {"another origin",
     "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST "Origin: https://evil.example\r\n\r\n", 403},
    {"an origin that begins alike",
     "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST
     "Origin: https://chat.example.evil.example\r\n\r\n",
     403},
    {"the null origin", "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST "Origin: null\r\n\r\n", 403},
    {"another path", "GET /chatter HTTP/1.1\r\n" HOST UPGRADE KEY REST "\r\n", 404},
    {"the root", "GET / HTTP/1.1\r\n" HOST UPGRADE KEY REST "\r\n", 404},
    {"h2c",
     "GET /chat HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
     "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
     0},
    {"an unknown upgrade",
     "GET /chat HTTP/1.1\r\n" HOST "Upgrade: nonsense\r\nConnection: Upgrade\r\n" KEY REST "\r\n",
     0},
    {"two upgrades",
     "GET /chat HTTP/1.1\r\n" HOST
     "Upgrade: websocket\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" KEY REST "\r\n",
     0},
    {"h2c and websocket",
     "GET /chat HTTP/1.1\r\n" HOST "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n" KEY REST
     "\r\n",
     0},
    {"no upgrade", "GET /chat HTTP/1.1\r\n" HOST "\r\n", 0},
    {"no key", "GET /chat HTTP/1.1\r\n" HOST UPGRADE REST "\r\n", 0},
    {"no version", "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY "\r\n", 0},
    {"version 8", "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n", 0},
    {"POST", "POST /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST "Content-Length: 0\r\n\r\n", 0},
    {"HTTP/1.0", "GET /chat HTTP/1.0\r\n" HOST UPGRADE KEY REST "\r\n", 0},
    {"no host", "GET /chat HTTP/1.1\r\n" UPGRADE KEY REST "\r\n", 0},
    {"nonsense", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
};

static void handshakes_are_judged(void **state)
{
    struct line *l = *state;
    int wrong = 0;

    for (size_t i = 0; i < sizeof HANDSHAKES / sizeof HANDSHAKES[0]; i++) {
        const struct handshake *h = &HANDSHAKES[i];
        struct raw raw = raw_open(l->stack->chat[0].port);
        int64_t deadline = clock_mono_ms() + 5000;
        int status = 0;
        raw_send(&raw, str_of(h->request));
        while (!raw.ended && strstr(buf_cstr(&raw.in), "\r\n\r\n") == NULL &&
               clock_mono_ms() < deadline)
            (void)raw_receive(&raw, 100);
        if (sscanf(buf_cstr(&raw.in), "HTTP/1.%*d %d", &status) != 1)
            status = 0;
        if (h->status ? status != h->status
                      : status == 101 || status >= 500 || (status == 0 && !raw.ended)) {
            print_error("%s: %d%s\n", h->what, status, raw.ended ? "" : ", connection open");
            wrong++;
        }
        raw_close(&raw);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(http_status_of(l->stack->chat[0].port, "/healthz"), 200);
}

static void listed_origins_are_let_in(void **state)
{
    struct line *l = *state;
    struct stack *s = l->stack;
    struct daemon open_one;

    daemon_init(
        &open_one, "chat-server", "chat-server-origins", &s->dir, s->redis.url,
        (const char *[]){"--allowed-origins=https://a.example,https://b.example:8443", NULL});
    daemon_up(&open_one);
    static const struct {
        const char *origin;
        int status;
    } CASES[] = {{"https://a.example", 101},     {"https://b.example:8443", 101},
                 {"http://a.example", 403},      {"https://b.example", 403},
                 {"https://c.example", 403},     {"https://127.0.0.1", 403},
                 {"https://a.example.evil", 403}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ws *ws = ws_new(open_one.port, "/chat", fmt("Origin: %s\r\n", CASES[i].origin));
        ws_expect_status(ws, CASES[i].status);
        ws_free(ws);
    }
    assert_int_equal(daemon_terminate(&open_one), 0);
    daemon_fini(&open_one);
}

static void a_huge_request_is_refused(void **state)
{
    struct line *l = *state;
    struct raw raw = raw_open(l->stack->chat[0].port);

    raw_send(&raw, str_of(fmt("GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY REST "X: %s\r\n\r\n",
                              fmt_repeat('x', 100000))));
    int status = raw_status(&raw);
    assert_true(status != 101 && status < 500);
    raw_close(&raw);
    assert_int_equal(http_status_of(l->stack->chat[0].port, "/healthz"), 200);
}

/* Half a request, and then nothing. */
static void a_request_that_never_ends_is_dropped(void **state)
{
    struct line *l = *state;
    struct stack *s = l->stack;
    struct daemon quick;

    daemon_init(&quick, "chat-server", "chat-server-trickle", &s->dir, s->redis.url,
                (const char *[]){"--auth-timeout-s=1", NULL});
    daemon_up(&quick);
    struct raw raw = raw_open(quick.port);
    raw_send(&raw, STR("GET /chat HTTP/1.1\r\nHost: x\r\nX-"));
    raw_receive_to_end(&raw);
    raw_close(&raw);
    assert_int_equal(daemon_terminate(&quick), 0);
    daemon_fini(&quick);
}

static int setup(void **state)
{
    static struct line line;

    line.stack = stack_start((struct stack_options){.chat_servers = 1});
    line.ann = user_new(line.stack, "ann");
    *state = &line;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct line *l = *state;

    stack_stop(l->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_in_fragments_is_one_message),
        CASE(each_byte_in_a_frame_of_its_own),
        CASE(each_byte_of_a_frame_in_a_packet_of_its_own),
        CASE(pings_are_answered_with_their_payload),
        CASE(who_does_not_answer_pings_is_dropped),
        CASE(a_close_is_answered_with_its_code),
        CASE(nothing_is_said_after_a_close),
        CASE(offences_end_the_connection_with_the_right_code),
        CASE(a_new_message_inside_another_is_an_error),
        CASE(invalid_utf8_over_two_fragments),
        CASE(a_huge_frame_is_refused_by_its_header),
        CASE(many_small_fragments_count_together),
        CASE(handshakes_are_judged),
        CASE(listed_origins_are_let_in),
        CASE(a_huge_request_is_refused),
        CASE(a_request_that_never_ends_is_dropped),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
