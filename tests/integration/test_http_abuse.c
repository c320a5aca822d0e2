/* Requests that no proper client sends: refused, ended, and no trouble for anybody else. */
#include "story.h"

#include <sys/socket.h>

#define HOST "Host: x\r\n"
#define BODY "{\"username\":\"somebody\",\"password\":\"not-the-password-7\"}"

static int ask(struct stack *s, const char *request)
{
    return raw_ask(s->api.port, str_of(request));
}

static void expect_refused(struct stack *s, const char *what, const char *request)
{
    struct raw r = raw_open(s->api.port);

    raw_send(&r, str_of(request));
    int status = raw_status(&r);
    if (status != 0 && (status < 400 || status >= 500) && status != 501 && status != 505)
        fail_at(HERE, "%s: %d", what, status);
    raw_receive_to_end(&r); /* and nothing more on this connection */
    raw_close(&r);
}

static void a_plain_request_works(void **state)
{
    struct stack *s = *state;

    assert_int_equal(ask(s, "GET /healthz HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_int_equal(
        ask(s, fmt("POST /api/login HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n" BODY,
                   strlen(BODY))),
        401);
}

/* Where two servers read a request differently, one request can be smuggled inside another (RFC
 * 9112, 11.2). */
static void ambiguous_lengths_are_refused(void **state)
{
    struct stack *s = *state;
    const char *length = fmt("Content-Length: %zu\r\n", strlen(BODY));

    expect_refused(s, "both",
                   fmt("POST /api/login HTTP/1.1\r\n" HOST
                       "%sTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       length));
    expect_refused(s, "both, the other way round",
                   fmt("POST /api/login HTTP/1.1\r\n" HOST
                       "Transfer-Encoding: chunked\r\n%s\r\n0\r\n\r\n",
                       length));
    expect_refused(
        s, "two lengths",
        fmt("POST /api/login HTTP/1.1\r\n" HOST "%sContent-Length: 5\r\n\r\n" BODY, length));
    expect_refused(s, "the same length twice",
                   fmt("POST /api/login HTTP/1.1\r\n" HOST "%s%s\r\n" BODY, length, length));
    expect_refused(s, "a list of lengths",
                   "POST /api/login HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello");
    expect_refused(s, "a negative length",
                   "POST /api/login HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n");
    expect_refused(s, "a length that is no number",
                   "POST /api/login HTTP/1.1\r\n" HOST "Content-Length: five\r\n\r\n");
    expect_refused(s, "a length with a sign",
                   "POST /api/login HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello");
    expect_refused(s, "an endless length",
                   "POST /api/login HTTP/1.1\r\n" HOST
                   "Content-Length: 99999999999999999999999\r\n\r\n");
    expect_refused(s, "an unknown encoding",
                   "POST /api/login HTTP/1.1\r\n" HOST
                   "Transfer-Encoding: nonsense\r\n\r\n0\r\n\r\n");
    expect_refused(s, "an encoding twice",
                   "POST /api/login HTTP/1.1\r\n" HOST
                   "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n");
}

static void the_host_must_be_there_once(void **state)
{
    struct stack *s = *state;

    expect_refused(s, "two hosts", "GET /api/profile HTTP/1.1\r\n" HOST "Host: y\r\n\r\n");
    expect_refused(s, "the same host twice", "GET /api/profile HTTP/1.1\r\n" HOST HOST "\r\n");
    int status = ask(s, "GET /api/profile HTTP/1.1\r\n\r\n");
    assert_int_equal(status, 400);
}

static void nonsense_is_no_request(void **state)
{
    struct stack *s = *state;
    static const char *const NONSENSE[] = {
        "\r\n\r\n\r\n\r\nhello\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\n" HOST "\r\n",
        "\x16\x03\x01\x02\x01\x01\x01\x01\xfc\x03\x03\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /api/profile HTTP/1.1\r\nHost x\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof NONSENSE / sizeof NONSENSE[0]; i++) {
        struct raw r = raw_open(s->api.port);
        raw_send(&r, str_of(NONSENSE[i]));
        (void)shutdown(r.fd, SHUT_WR); /* nothing more comes from here */
        raw_receive_to_end(&r);
        int status = raw_status(&r);
        if (status != 0 && status < 400)
            fail_at(HERE, "%d for %s", status, NONSENSE[i]);
        raw_close(&r);
    }
}

static void huge_headers_are_refused(void **state)
{
    struct stack *s = *state;
    struct buf many = {0};

    expect_refused(
        s, "a long line",
        fmt("GET /api/profile HTTP/1.1\r\n" HOST "X: %s\r\n\r\n", fmt_repeat('x', 100000)));
    expect_refused(s, "a long path",
                   fmt("GET /%s HTTP/1.1\r\n" HOST "\r\n", fmt_repeat('x', 100000)));
    buf_add_str(&many, STR("GET /api/profile HTTP/1.1\r\n" HOST));
    for (int i = 0; i < 5000; i++)
        buf_printf(&many, "X-%d: y\r\n", i);
    buf_add_str(&many, STR("\r\n"));
    expect_refused(s, "many lines", buf_cstr(&many));
    buf_fini(&many);
}

/* 413 comes before the body does, where reading it first would be a nuisance. */
static void an_announced_large_body_is_refused_at_once(void **state)
{
    struct stack *s = *state;

    assert_int_equal(
        ask(s, "POST /api/login HTTP/1.1\r\n" HOST "Content-Length: 4294967296\r\n\r\n"), 413);
    assert_int_equal(ask(s, "POST /api/login HTTP/1.1\r\n" HOST
                            "Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n"),
                     413);
}

static void chunked_bodies_work_and_are_limited_too(void **state)
{
    struct stack *s = *state;
    struct buf request = {0};

    buf_printf(&request,
               "POST /api/login HTTP/1.1\r\n" HOST
               "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%.10s\r\n%zx\r\n%s\r\n"
               "0\r\n\r\n",
               (size_t)10, BODY, strlen(BODY) - 10, &BODY[10]);
    assert_int_equal(ask(s, buf_cstr(&request)), 401);
    buf_clear(&request);
    buf_add_str(&request,
                STR("POST /api/login HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 9; i++)
        buf_printf(&request, "2000\r\n%s\r\n", fmt_repeat('x', 0x2000));
    buf_add_str(&request, STR("0\r\n\r\n"));
    assert_int_equal(ask(s, buf_cstr(&request)), 413);
    buf_fini(&request);
}

static void continue_is_said_when_it_is_expected(void **state)
{
    struct stack *s = *state;
    struct raw r = raw_open(s->api.port);

    raw_send(&r, str_of(fmt("POST /api/login HTTP/1.1\r\n" HOST
                            "Content-Length: %zu\r\nExpect: 100-continue\r\n\r\n",
                            strlen(BODY))));
    assert_int_equal(raw_status(&r), 100);
    buf_clear(&r.in);
    raw_send(&r, STR(BODY));
    assert_int_equal(raw_status(&r), 401);
    raw_close(&r);
}

static void one_connection_carries_many_requests(void **state)
{
    struct stack *s = *state;
    struct raw r = raw_open(s->api.port);

    for (int i = 0; i < 5; i++) {
        raw_send(&r, STR("GET /healthz HTTP/1.1\r\n" HOST "\r\n"));
        assert_int_equal(raw_status(&r), 200);
        buf_clear(&r.in); /* the short body came with the head */
    }
    assert_false(r.ended);
    raw_close(&r);
}

/* A byte now and then keeps an idle timer happy for ever; the whole request has a deadline. */
static void trickled_requests_are_ended(void **state)
{
    struct stack *s = *state;
    struct daemon strict;
    static const char *const BEGINNINGS[] = {
        "GET /api/profile HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{",
    };

    daemon_init(&strict, "api-server", "api-server-strict", &s->dir, s->redis.url,
                (const char *[]){"--http-request-s=1", NULL});
    daemon_up(&strict);
    for (size_t i = 0; i < 2; i++) {
        struct raw r = raw_open(strict.port);
        int64_t deadline = clock_mono_ms() + PATIENCE_MS;
        raw_send(&r, str_of(BEGINNINGS[i]));
        while (!r.ended && clock_mono_ms() < deadline) {
            raw_send(&r, STR("x"));
            (void)raw_receive(&r, 50);
        }
        assert_true(r.ended);
        raw_close(&r);
    }
    assert_int_equal(daemon_terminate(&strict), 0);
    daemon_fini(&strict);
}

/* Hundreds of half requests, and the others are served as ever. */
static void unfinished_requests_hold_nobody_up(void **state)
{
    struct stack *s = *state;
    struct raw r[300];

    for (size_t i = 0; i < 300; i++) {
        r[i] = raw_open(s->api.port);
        raw_send(&r[i], STR("POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"));
    }
    struct user ann = user_new(s, "ann");
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    for (size_t i = 0; i < 300; i++)
        raw_close(&r[i]);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(a_plain_request_works), CASE(ambiguous_lengths_are_refused),
      CASE(the_host_must_be_there_once), CASE(nonsense_is_no_request),
      CASE(huge_headers_are_refused), CASE(an_announced_large_body_is_refused_at_once),
      CASE(chunked_bodies_work_and_are_limited_too), CASE(continue_is_said_when_it_is_expected),
      CASE(one_connection_carries_many_requests), CASE(trickled_requests_are_ended),
      CASE(unfinished_requests_hold_nobody_up))
