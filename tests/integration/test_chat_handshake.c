/* Handshakes that are odd: repeated and contradicting headers, tokens in the wrong place, and requests that never
 * end. What RFC 6455 itself asks for is in test_ws_protocol. */
#include "story.h"

#define GET "GET /chat HTTP/1.1\r\n"
#define HOST "Host: chat.example:81\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define GOOD GET HOST UPGRADE KEY VERSION
#define EVIL "Origin: https://evil.example\r\n"

struct scene {
    struct stack *stack;
    struct user ann;
};

/* BEARER stands for a good header. */
static const char *filled(const struct scene *c, const char *request)
{
    const char *at = strstr(request, "BEARER");

    return at == NULL ? request
                      : filled(c, fmt("%.*sAuthorization: Bearer %s\r\n%s", (int)(at - request),
                                      request, c->ann.access, at + 6));
}

struct handshake {
    const char *what;
    const char *request;
    int status;
};

static const struct handshake HANDSHAKES[] = {
    {"nothing odd", GOOD "\r\n", 101},
    {"two hosts", GET HOST HOST UPGRADE KEY VERSION "\r\n", 400},
    {"two hosts, the second one the origin's",
     GET HOST "Host: evil.example\r\n" UPGRADE KEY VERSION EVIL "\r\n", 0},
    {"two hosts, the first one the origin's",
     GET "Host: evil.example\r\n" HOST UPGRADE KEY VERSION EVIL "\r\n", 0},
    {"a good and a bad origin", GOOD "Origin: https://chat.example\r\n" EVIL "\r\n", 0},
    {"a bad and a good origin", GOOD EVIL "Origin: https://chat.example\r\n\r\n", 0},
    {"an origin with a name in it", GOOD "Origin: https://chat.example@evil.example\r\n\r\n", 403},
    {"an origin of a file", GOOD "Origin: file://\r\n\r\n", 403},
    {"an empty host", GET "Host: \r\n" UPGRADE KEY VERSION "\r\n", 400},
    {"a space before a colon", GET "Host : chat.example\r\n" UPGRADE KEY VERSION "\r\n", 400},
    {"two keys", GOOD KEY "\r\n", 400},
    {"a short key", GET HOST UPGRADE "Sec-WebSocket-Key: abc\r\n" VERSION "\r\n", 400},
    {"two versions", GOOD "Sec-WebSocket-Version: 8\r\n\r\n", 426},
    {"a length and chunks", GOOD "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"chunks", GOOD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a body", GOOD "Content-Length: 3\r\n\r\nabc", 400},
    {"a whole URL as the target",
     "GET http://chat.example:81/chat HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", 404},
    {"another version of HTTP", "GET /chat HTTP/1.2\r\n" HOST UPGRADE KEY VERSION "\r\n", 400},
    {"a good token", GOOD "BEARER\r\n", 101},
    {"another way to sign in", GOOD "Authorization: Basic YTpi\r\n\r\n", 401},
    {"no token", GOOD "Authorization: Bearer \r\n\r\n", 401},
    {"a token twice", GOOD "BEARERBEARER\r\n", 401},
    {"a good and a bad token", GOOD "BEARERAuthorization: Bearer x\r\n\r\n", 401},
    {"a bad and a good token", GOOD "Authorization: Bearer x\r\nBEARER\r\n", 401},
};

/* 0: any refusal. All are tried before the test fails. */
static void odd_handshakes_are_judged(void **state)
{
    const struct scene *c = *state;
    int wrong = 0;

    for (size_t i = 0; i < sizeof HANDSHAKES / sizeof HANDSHAKES[0]; i++) {
        const struct handshake *h = &HANDSHAKES[i];
        int status = raw_ask(c->stack->chat[0].port, str_of(filled(c, h->request)));
        if (h->status ? status != h->status : status == 101 || status >= 500) {
            print_error("%s: %d\n", h->what, status);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void a_token_in_the_url_signs_nobody_in(void **state)
{
    static const char *const NAMES[] = {"token", "access_token", "authorization"};
    const struct scene *c = *state;

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct ws *ws =
            ws_new(c->stack->chat[0].port, fmt("/chat?%s=%s", NAMES[i], c->ann.access), "");
        ws_send(ws, "{'type':'ping'}");
        ws_expect_close(ws, 4401);
        assert_null(match_find(ws->queue, "{'type':'ready'}"));
        ws_free(ws);
        assert_false(daemon_log_has(&c->stack->chat[0], c->ann.access));
    }
}

static void compression_is_not_agreed_to(void **state)
{
    const struct scene *c = *state;
    struct raw raw = raw_open(c->stack->chat[0].port);

    raw_send(&raw, STR(GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"));
    assert_int_equal(raw_status(&raw), 101);
    assert_null(strcasestr(buf_cstr(&raw.in), "sec-websocket-extensions"));
    raw_close(&raw);
}

/* A byte now and then, for ever: progress does not help. */
static void a_request_that_trickles_is_dropped(void **state)
{
    static const char *const BEGINNINGS[] = {"", GET HOST "X: ", GET HOST "X: a\r\n b", "GET /"};
    enum { N = sizeof BEGINNINGS / sizeof BEGINNINGS[0] };
    const struct scene *c = *state;
    struct raw raws[N];
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    int ended = 0;

    for (int i = 0; i < N; i++) {
        raws[i] = raw_open(c->stack->chat[0].port);
        raw_send(&raws[i], str_of(BEGINNINGS[i]));
    }
    while (ended < N && clock_mono_ms() < deadline) {
        ended = 0;
        for (int i = 0; i < N; i++) {
            if (i > 0) /* the first one says nothing at all */
                raw_send(&raws[i], STR("x"));
            (void)raw_receive(&raws[i], 25);
            ended += raws[i].ended;
        }
    }
    for (int i = 0; i < N; i++) {
        if (!raws[i].ended)
            print_error("still open: %s\n", BEGINNINGS[i]);
        raw_close(&raws[i]);
    }
    assert_int_equal(ended, N);
    assert_int_equal(http_status_of(c->stack->chat[0].port, "/healthz"), 200);
}

static int setup(void **state)
{
    static struct scene scene;

    scene.stack = stack_start((struct stack_options){.chat_servers = 1});
    scene.ann = user_new(scene.stack, "ann");
    *state = &scene;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct scene *c = *state;

    stack_stop(c->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(odd_handshakes_are_judged),
        CASE(a_token_in_the_url_signs_nobody_in),
        CASE(compression_is_not_agreed_to),
        CASE(a_request_that_trickles_is_dropped),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
