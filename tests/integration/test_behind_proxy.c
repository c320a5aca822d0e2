/* Behind a proxy: limits by address count the clients that a trusted proxy names, nobody else is believed; and
 * --check-health, which is what looks at a daemon where nothing else can. */
#include "story.h"

#define RATE 6
#define PROXY "127.0.0.2"
#define STRANGER "127.0.0.3"

static int guess(struct stack *s, const char *from, const char *forwarded_for)
{
    static unsigned
        names; /* never the same account twice: the limit by account is not what is tested */
    const char *body =
        fmt("{\"username\":\"nobody%u\",\"password\":\"not-the-password-7\"}", names++);
    struct raw r = raw_open_from(from, s->api.port);

    raw_send(&r, str_of(fmt("POST /api/login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            forwarded_for, strlen(body), body)));
    int status = raw_status(&r);
    raw_close(&r);
    return status;
}

static void use_up(struct stack *s, const char *from, const char *forwarded_for)
{
    int tried = 0;

    while (guess(s, from, forwarded_for) == 401)
        tried++;
    assert_in_range(tried, RATE, RATE + 2);
}

static void clients_of_a_proxy_are_counted_one_by_one(void **state)
{
    use_up(*state, PROXY, "198.51.100.1");
    assert_int_equal(guess(*state, PROXY, "198.51.100.1"), 429);
    assert_int_equal(guess(*state, PROXY, "198.51.100.2"), 401);
    assert_int_equal(guess(*state, PROXY, "2001:db8::1"), 401);
}

static void what_a_client_writes_itself_does_not_help(void **state)
{
    use_up(*state, PROXY, "192.0.2.1, 198.51.100.3");
    assert_int_equal(guess(*state, PROXY, "192.0.2.2, 198.51.100.3"), 429);
}

static void a_v6_customer_has_many_addresses(void **state)
{
    use_up(*state, PROXY, "2001:db8:7::1");
    assert_int_equal(guess(*state, PROXY, "2001:db8:7::2"), 429);
    assert_int_equal(guess(*state, PROXY, "2001:db8:8::1"), 401);
}

static void who_is_no_trusted_proxy_is_not_believed(void **state)
{
    use_up(*state, STRANGER, "198.51.100.4");
    assert_int_equal(guess(*state, STRANGER, "198.51.100.5"), 429);
    assert_int_equal(guess(*state, PROXY, "198.51.100.5"), 401);
}

static void sockets_are_counted_by_client_too(void **state)
{
    struct stack *s = *state;
    struct ws *ann = stack_socket(s, 0, "X-Forwarded-For: 198.51.100.1\r\n");
    struct ws *bob = stack_socket(s, 0, "X-Forwarded-For: 198.51.100.2\r\n");

    ws_expect_status(ann, 101);
    ws_expect_status(bob, 101);
    ws_expect_status(stack_socket(s, 0, "X-Forwarded-For: 198.51.100.1\r\n"), 429);
    ws_expect_status(stack_socket(s, 0, "X-Forwarded-For: 9.9.9.9, 198.51.100.1\r\n"), 429);
    stack_hang_up(s, ann);
    WAIT_UNTIL(daemon_metric(&s->chat[0], "chatapp_ws_connections") == 1);
    ws_expect_status(stack_socket(s, 0, "X-Forwarded-For: 198.51.100.1\r\n"), 101);
    stack_hang_up_all(s);
}

/* ---- --check-health ---- */

static int check_health(struct stack *s, const char *program, int port, struct buf *said)
{
    const char *const argv[] = {daemon_path(program), fmt("--port=%d", port), "--check-health",
                                fmt("--redis-url=%s", s->redis.url), NULL};

    buf_clear(said);
    int status = process_run(argv, NULL, said, said);
    (void)buf_cstr(said);
    return status;
}

static void health_is_what_readyz_says(void **state)
{
    struct stack *s = *state;
    struct buf said = {0};

    assert_int_equal(check_health(s, "api-server", s->api.port, &said), 0);
    assert_string_equal(said.p, "ready\n");
    assert_int_equal(check_health(s, "chat-server", s->chat[0].port, &said), 0);
    redis_server_pause(&s->redis);
    WAIT_UNTIL(check_health(s, "chat-server", s->chat[0].port, &said) == 1);
    assert_string_equal(said.p, "redis: not connected\n");
    redis_server_go_on(&s->redis);
    WAIT_UNTIL(check_health(s, "chat-server", s->chat[0].port, &said) == 0);
    assert_int_equal(check_health(s, "chat-server", 0, &said), 2);
    buf_fini(&said);
}

static void nobody_there_is_not_healthy(void **state)
{
    struct stack *s = *state;
    struct buf said = {0};

    assert_int_equal(check_health(s, "notification-server", 1, &said), 1);
    assert_string_equal(said.p, "no answer from 127.0.0.1 port 1\n");
    buf_fini(&said);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){
        .chat_servers = 1,
        .api_flags = {"--trusted-proxies=" PROXY, "--rate-login=6"},
        .chat_flags = {"--trusted-proxies=127.0.0.1", "--max-connections-per-address=1"}});
    return 0;
}

STORY(setup, CASE(clients_of_a_proxy_are_counted_one_by_one),
      CASE(what_a_client_writes_itself_does_not_help), CASE(a_v6_customer_has_many_addresses),
      CASE(who_is_no_trusted_proxy_is_not_believed), CASE(sockets_are_counted_by_client_too),
      CASE(health_is_what_readyz_says), CASE(nobody_there_is_not_healthy))
