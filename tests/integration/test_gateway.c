/* The api-server as a router: /notify is answered by a notification-server, of which there are two, none, or bad ones. */
#include "story.h"

#include <signal.h>

#include "stand_in.h"

#define ACCEPTED                                                                                   \
    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"                                  \
    "Retry-After: 7\r\nLocation: /notify/n1\r\nX-Internal: secret\r\nKeep-Alive: timeout=5\r\n"    \
    "Connection: keep-alive\r\nSet-Cookie: a=b\r\n\r\n{\"id\":\"n1\",\"status\":\"queued\"} "
#define REFUSED                                                                                    \
    "HTTP/1.1 422 Unprocessable Content\r\nContent-Type: application/problem+json\r\n"             \
    "\r\n{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\","                           \
    "\"status\":422,\"detail\":\"a\",\"code\":\"invalid_field\"}"
#define NOTIFICATION "{'user':'ann','body':'hello'}"

static struct user ann;
static const char *token; /* a service's */

/* --- helpers --------------------------------------------------------------------------------- */

static const char *make_token(struct stack *s, const char *const *more)
{
    const char *argv[16] = {daemon_path("api-server"), "token", fmt("--data-dir=%s", s->dir.path)};
    struct buf out = {0};
    struct buf err = {0};

    for (size_t i = 3; *more != NULL; i++)
        argv[i] = *more++;
    if (process_run(argv, NULL, &out, &err) != 0)
        fail_at(HERE, "no token: %s", buf_cstr(&err));
    const char *text = fmt("%.*s", (int)out.n - 1, buf_cstr(&out));
    buf_fini(&out);
    buf_fini(&err);
    return text;
}

static int setup(void **state)
{
    struct stack *s = stack_start((struct stack_options){0});

    ann = user_new(s, "ann");
    token = str_dup(str_of(make_token(
        s, (const char *[]){"--service", "mailer", "--audience", "notify", "--days=30", NULL})));
    *state = s;
    return 0;
}

static void start(struct stack *s, struct stand_in *server, const char *answer)
{
    stand_in_start(server, &s->redis, "notification", answer);
    WAIT_UNTIL(http_do(s, "GET", "/notify/known", token, NULL)->status != 503);
}

/* One that only this test asks, so that it knows nothing of others' servers; with settings of its own. */
static void start_api(struct stack *s, struct daemon *api, const char *const *flags)
{
    daemon_init(api, "api-server", "api-other", &s->dir, s->redis.url, flags);
    daemon_up(api);
}

static void stop_api(struct daemon *api)
{
    assert_int_equal(daemon_terminate(api), 0);
    daemon_fini(api);
}

static const struct http_answer *notify(struct http *http, const struct daemon *api)
{
    return http_at(http, api->port, "POST", "/notify", token, NOTIFICATION);
}

static const char *header_of(const char *request, const char *name)
{
    const char *at = strcasestr(request, fmt("\r\n%s: ", name));

    if (at == NULL)
        return NULL;
    at += strlen(name) + 4;
    return fmt("%.*s", (int)strcspn(at, "\r"), at);
}

/* --- who may --------------------------------------------------------------------------------- */

static void only_services_may(void **state)
{
    struct stack *s = *state;
    static const char *const CALLS[][2] = {{"POST", "/notify"},
                                           {"GET", "/notify/n1"},
                                           {"GET", "/notify/dead"},
                                           {"POST", "/notify/dead/n1/retry"}};

    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
        http_expect_problem(s, 401, "unauthenticated", CALLS[i][0], CALLS[i][1], NULL, NULL);
        assert_non_null(http_header(&s->http.answer, "WWW-Authenticate"));
        http_expect_problem(s, 401, "invalid_token", CALLS[i][0], CALLS[i][1], "nonsense", NULL);
        http_expect_problem(s, 403, "forbidden", CALLS[i][0], CALLS[i][1], ann.access, NULL);
    }
    http_expect_problem(s, 401, "invalid_token", "GET", "/api/profile", token, NULL);
    http_expect_problem(s, 405, "method_not_allowed", "DELETE", "/notify", token, NULL);
}

/* --- passing on ------------------------------------------------------------------------------ */

static void without_a_server_it_is_unavailable(void **state)
{
    struct stack *s = *state;

    http_expect_problem(s, 503, "unavailable", "POST", "/notify", token, NOTIFICATION);
    assert_non_null(http_header(&s->http.answer, "Retry-After"));
}

static void a_request_arrives_as_it_was_sent(void **state)
{
    struct stack *s = *state;
    struct stand_in server;

    start(s, &server, ACCEPTED);
    s->http.headers = (const char *[]){"Content-Type: application/json",
                                       "Idempotency-Key: order 66",
                                       "X-Request-Id: story-1",
                                       "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"
                                       "00f067aa0ba902b7-01",
                                       "Cookie: a=b",
                                       "X-Forwarded-For: 1.2.3.4",
                                       NULL};
    const struct http_answer *a = http_do(s, "POST", "/notify?x=%20y&z", token, NOTIFICATION);
    assert_int_equal(a->status, 202);
    const char *got = stand_in_last(&server);
    assert_int_equal(strncmp(got, "POST /notify?x=%20y&z HTTP/1.1\r\n", 32), 0);
    assert_string_equal(strstr(got, "\r\n\r\n") + 4, "{\"user\":\"ann\",\"body\":\"hello\"}");
    assert_string_equal(header_of(got, "Authorization"), fmt("Bearer %s", token));
    assert_string_equal(header_of(got, "Content-Type"), "application/json");
    assert_string_equal(header_of(got, "Idempotency-Key"), "order 66");
    assert_string_equal(header_of(got, "X-Request-Id"), "story-1");
    assert_int_equal(
        strncmp(header_of(got, "traceparent"), "00-4bf92f3577b34da6a3ce929d0e0e4736-", 36), 0);
    assert_null(strstr(got, "00f067aa0ba902b7")); /* a span of its own */
    assert_null(header_of(got, "Cookie"));
    assert_null(header_of(got, "X-Forwarded-For"));
    stand_in_stop(&server);
}

static void the_answer_comes_back_as_it_was(void **state)
{
    struct stack *s = *state;
    struct stand_in server;

    start(s, &server, ACCEPTED);
    s->http.headers = (const char *[]){"X-Request-Id: story-2", NULL};
    const struct http_answer *a = http_do(s, "POST", "/notify", token, NOTIFICATION);
    assert_int_equal(a->status, 202);
    assert_string_equal(buf_cstr(&s->http.answer.text), "{\"id\":\"n1\",\"status\":\"queued\"} ");
    assert_string_equal(http_header(a, "Content-Type"), "application/json");
    assert_string_equal(http_header(a, "Retry-After"), "7");
    assert_string_equal(http_header(a, "Location"), "/notify/n1");
    assert_string_equal(http_header(a, "X-Request-Id"), "story-2");
    assert_null(http_header(a, "X-Internal"));
    assert_null(http_header(a, "Set-Cookie"));
    assert_null(http_header(a, "Keep-Alive"));
    server.answer = REFUSED;
    http_expect_problem(s, 422, "invalid_field", "POST", "/notify", token, NOTIFICATION);
    stand_in_stop(&server);
}

static void every_route_is_passed_on(void **state)
{
    struct stack *s = *state;
    struct stand_in server;

    start(s, &server, ACCEPTED);
    http_expect(s, 202, "GET", "/notify/abc%2Fdef", token, NULL);
    assert_int_equal(strncmp(stand_in_last(&server), "GET /notify/abc%2Fdef HTTP/1.1\r\n", 32), 0);
    assert_null(header_of(stand_in_last(&server), "Idempotency-Key"));
    http_expect(s, 202, "GET", "/notify/dead?limit=5", token, NULL);
    assert_int_equal(strncmp(stand_in_last(&server), "GET /notify/dead?limit=5 HTTP/1.1\r\n", 35),
                     0);
    http_expect(s, 202, "POST", "/notify/dead/n1/retry", token, NULL);
    assert_int_equal(strncmp(stand_in_last(&server), "POST /notify/dead/n1/retry HTTP/1.1\r\n", 37),
                     0);
    stand_in_stop(&server);
}

static void connections_are_used_again(void **state)
{
    struct stack *s = *state;
    struct stand_in server;

    start(s, &server, ACCEPTED);
    for (int i = 0; i < 50; i++)
        http_expect(s, 202, "POST", "/notify", token, NOTIFICATION);
    assert_true(atomic_load(&server.requests) > 50);
    assert_true(atomic_load(&server.connections) < 10);
    stand_in_stop(&server);
}

/* --- when one does not answer ---------------------------------------------------------------- */

/* An api-server, and two servers, of which one is in this mood. */
struct two {
    struct stand_in good;
    struct stand_in bad;
    struct daemon api;
    struct http http;
};

static void open_two(struct two *two, struct stack *s, enum stand_in_mood mood)
{
    *two = (struct two){0};
    start(s, &two->good, ACCEPTED);
    start(s, &two->bad, ACCEPTED);
    atomic_store(&two->bad.mood, mood);
    start_api(s, &two->api, NULL);
}

static void close_two(struct two *two)
{
    stop_api(&two->api);
    http_fini(&two->http);
    stand_in_stop(&two->good);
    stand_in_stop(&two->bad);
}

/* Asks until the bad one has had a request: which is asked first is a matter of chance. The answer to that one. */
static int ask_until_bad(struct two *two, const char *path)
{
    int before = atomic_load(&two->bad.requests);
    int status;

    do
        status = http_at(&two->http, two->api.port, "POST", path, token, NOTIFICATION)->status;
    while (atomic_load(&two->bad.requests) == before && status == 202);
    return status;
}

static void one_that_is_away_is_passed_over(void **state)
{
    struct two two;

    open_two(&two, *state, STAND_IN_IS_AWAY);
    WAIT_UNTIL(http_status_of(two.bad.port, "/") == 0);
    for (int i = 0; i < 30; i++)
        assert_int_equal(notify(&two.http, &two.api)->status, 202);
    atomic_store(&two.good.mood, STAND_IN_IS_AWAY);
    WAIT_UNTIL(notify(&two.http, &two.api)->status == 503);
    assert_non_null(http_header(&two.http.answer, "Retry-After"));
    close_two(&two);
}

static void a_notification_is_sent_to_another_with_the_same_key(void **state)
{
    struct two two;

    open_two(&two, *state, STAND_IN_BREAKS_BEFORE);
    assert_int_equal(ask_until_bad(&two, "/notify"), 202);
    const char *key = header_of(stand_in_last(&two.bad), "Idempotency-Key");
    assert_non_null(key); /* the api-server's own */
    assert_string_equal(key, header_of(stand_in_last(&two.good), "Idempotency-Key"));
    assert_int_equal(strlen(key), 24);
    assert_true(daemon_log_has(&two.api, "result=no_answer"));
    close_two(&two);
}

/* What is not the same when it is done twice. */
static void a_dead_letter_is_not_tried_twice(void **state)
{
    struct two two;

    open_two(&two, *state, STAND_IN_BREAKS_BEFORE);
    assert_int_equal(ask_until_bad(&two, "/notify/dead/n1/retry"), 502);
    EXPECT_JSON(two.http.answer.json, "{'code':'bad_gateway','status':502}");
    close_two(&two);
}

static void half_an_answer_is_none(void **state)
{
    struct stack *s = *state;
    struct stand_in breaking;
    struct http http = {0};
    struct daemon api;

    start(s, &breaking, ACCEPTED);
    atomic_store(&breaking.mood, STAND_IN_BREAKS_AMID);
    start_api(s, &api, NULL);
    int before = atomic_load(&breaking.requests);
    assert_int_equal(notify(&http, &api)->status, 502);
    EXPECT_JSON(http.answer.json, "{'code':'bad_gateway'}");
    assert_int_equal(atomic_load(&breaking.requests), before + 1);
    stop_api(&api);
    http_fini(&http);
    stand_in_stop(&breaking);
}

static void an_answer_that_is_too_long_or_none_is_not_passed_on(void **state)
{
    struct stack *s = *state;
    struct stand_in server;
    size_t n = 1024 * 1024 + 1;
    struct buf longest = {0};

    buf_add_str(&longest, STR("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"));
    for (size_t i = 0; i < n; i++)
        buf_add_char(&longest, ' ');
    start(s, &server, ACCEPTED);
    server.answer = buf_cstr(&longest);
    http_expect_problem(s, 502, "bad_gateway", "GET", "/notify/n1", token, NULL);
    server.answer = "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n";
    http_expect_problem(s, 502, "bad_gateway", "GET", "/notify/n1", token, NULL);
    stand_in_stop(&server);
    buf_fini(&longest);
}

static void one_that_takes_too_long_is_given_up(void **state)
{
    struct stack *s = *state;
    struct stand_in slow;
    struct http http = {0};
    struct daemon api;

    start(s, &slow, ACCEPTED);
    atomic_store(&slow.mood, STAND_IN_WAITS);
    start_api(s, &api, (const char *[]){"--gateway-timeout-ms=300", NULL});
    assert_int_equal(notify(&http, &api)->status, 504);
    EXPECT_JSON(http.answer.json, "{'code':'gateway_timeout','status':504}");
    stop_api(&api);
    http_fini(&http);
    stand_in_stop(&slow);
}

/* --- a slow one ------------------------------------------------------------------------------ */

static void send_notification(struct raw *r, const struct daemon *api)
{
    *r = raw_open(api->port);
    raw_send(r, str_of(fmt("POST /notify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
                           "Content-Length: 2\r\n\r\n{}",
                           token)));
}

static void a_slow_one_holds_up_nothing_else(void **state)
{
    struct stack *s = *state;
    struct stand_in slow;
    struct daemon api;
    struct http http = {0};
    struct raw waiting[6];

    start(s, &slow, ACCEPTED);
    atomic_store(&slow.mood, STAND_IN_WAITS);
    start_api(s, &api,
              (const char *[]){"--gateway-threads=4", "--gateway-queue=2", "--http-threads=2",
                               "--gateway-timeout-ms=60000", NULL});
    for (int i = 0; i < 4; i++)
        send_notification(&waiting[i], &api);
    WAIT_UNTIL(atomic_load(&slow.connections) >= 4);
    for (int i = 4; i < 6; i++)
        send_notification(&waiting[i], &api);
    WAIT_UNTIL(daemon_metric(&api, "chatapp_http_waiting_queue") == 2);
    const struct http_answer *a = notify(&http, &api);
    assert_int_equal(a->status, 503);
    assert_non_null(http_header(a, "Retry-After"));
    for (int i = 0; i < 20; i++)
        assert_int_equal(http_at(&http, api.port, "GET", "/api/profile", ann.access, NULL)->status,
                         200);
    atomic_store(&slow.mood, STAND_IN_ANSWERS);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(raw_status(&waiting[i]), 202);
        raw_close(&waiting[i]);
    }
    stop_api(&api);
    http_fini(&http);
    stand_in_stop(&slow);
}

static void stopping_does_not_wait_for_a_slow_one(void **state)
{
    struct stack *s = *state;
    struct stand_in slow;
    struct daemon api;
    struct raw waiting;

    start(s, &slow, ACCEPTED);
    atomic_store(&slow.mood, STAND_IN_WAITS);
    start_api(s, &api, (const char *[]){"--gateway-timeout-ms=600000", NULL});
    int before = atomic_load(&slow.connections);
    send_notification(&waiting, &api);
    WAIT_UNTIL(atomic_load(&slow.connections) > before);
    stop_api(&api); /* within the test's patience */
    raw_close(&waiting);
    stand_in_stop(&slow);
}

/* --- ids ------------------------------------------------------------------------------------- */

/* One id in the logs of both, with a real notification-server. */
static void one_id_from_end_to_end(void **state)
{
    struct stack *s = *state;
    struct daemon notification;

    daemon_init(&notification, "notification-server", "notification", &s->dir, s->redis.url, NULL);
    daemon_up(&notification);
    WAIT_UNTIL(
        (s->http.headers = (const char *[]){"X-Request-Id: far-and-wide",
                                            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"
                                            "00f067aa0ba902b7-01",
                                            NULL},
         http_do(s, "GET", "/notify/nothing-here", token, NULL)->status != 503));
    WAIT_UNTIL(
        daemon_log_has(&s->api, "request=far-and-wide trace=4bf92f3577b34da6a3ce929d0e0e4736"));
    WAIT_UNTIL(daemon_log_has(&notification,
                              "request=far-and-wide trace=4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_int_equal(daemon_terminate(&notification), 0);
    daemon_fini(&notification);
}

STORY(setup, CASE(only_services_may), CASE(without_a_server_it_is_unavailable),
      CASE(a_request_arrives_as_it_was_sent), CASE(the_answer_comes_back_as_it_was),
      CASE(every_route_is_passed_on), CASE(connections_are_used_again),
      CASE(one_that_is_away_is_passed_over),
      CASE(a_notification_is_sent_to_another_with_the_same_key),
      CASE(a_dead_letter_is_not_tried_twice), CASE(half_an_answer_is_none),
      CASE(an_answer_that_is_too_long_or_none_is_not_passed_on),
      CASE(one_that_takes_too_long_is_given_up), CASE(a_slow_one_holds_up_nothing_else),
      CASE(stopping_does_not_wait_for_a_slow_one), CASE(one_id_from_end_to_end))
