/* The service registry, and what clients see of it: GET /api/servers. */
#include "story.h"

#include <signal.h>

#define CHATS 4
#define ASKERS 1000

static struct daemon presence;
static struct user ann;

/* --- asking ---------------------------------------------------------------------------------- */

static const char *url_at(int port, const char *path)
{
    return fmt("ws://127.0.0.1:%d%s", port, path);
}

static const char *url_of(int port)
{
    return url_at(port, "/chat");
}

/* Which chat-server is named; -1: none, or one that we do not know. */
static int ask_at(struct stack *s, struct http *http, int port)
{
    const struct http_answer *a =
        http_at(http, port, "GET", "/api/servers?kind=chat", ann.access, NULL);

    if (a->status != 200)
        return -1;
    const char *url = json_string_value(json_object_get(json_object_get(a->json, "chat"), "url"));
    for (int i = 0; i < s->n_chat; i++)
        if (url != NULL && strcmp(url, url_of(s->chat[i].port)) == 0)
            return i;
    return -1;
}

static int ask(struct stack *s)
{
    return ask_at(s, &s->http, s->api.port);
}

/* Is there a server that tells of so many connections, or of such a lag? */
static bool any_tells_of(struct stack *s, const char *what, int least)
{
    return redis_do(&s->redis, "EVAL %s 0 %s %d",
                    "for _, r in ipairs(redis.call('HVALS', 'servers:{chat}:about')) do "
                    "if cjson.decode(r)[ARGV[1]] >= tonumber(ARGV[2]) then return 1 end end "
                    "return 0",
                    what, least) == 1;
}

/* Asks an api-server that has sent nobody anywhere yet, and has read the registry just now. */
static void ask_anew(struct stack *s, int n, int *counts)
{
    struct http http = {0};
    struct daemon api;

    daemon_init(&api, "api-server", "api-server-2", &s->dir, s->redis.url, NULL);
    daemon_up(&api);
    for (int i = 0; i < n; i++) {
        int chat = ask_at(s, &http, api.port);
        assert_in_range(chat, 0, CHATS - 1);
        counts[chat]++;
    }
    http_fini(&http);
    assert_int_equal(daemon_terminate(&api), 0);
    daemon_fini(&api);
}

/* So many asks name each of these once at least, and no other. (Of four, all but one in 10^12 times.) */
static bool names_exactly(struct stack *s, unsigned wanted)
{
    unsigned seen = 0;

    for (int i = 0; i < 100; i++) {
        int chat = ask(s);
        if (chat < 0)
            return false;
        seen |= 1u << chat;
    }
    return seen == wanted;
}

static bool is_registered(struct stack *s, const char *kind, int n)
{
    return redis_do(&s->redis, "ZCARD servers:{%s}", kind) == n;
}

static int setup(void **state)
{
    struct stack *s = stack_start((struct stack_options){.chat_servers = CHATS});

    redis_server_sync_always(&s->redis);
    daemon_init(&presence, "presence-server", "presence-server", &s->dir, s->redis.url, NULL);
    daemon_up(&presence);
    ann = user_new(s, "ann");
    *state = s;
    return 0;
}

/* --- stories --------------------------------------------------------------------------------- */

static void a_client_is_told_where_to_connect(void **state)
{
    struct stack *s = *state;

    WAIT_UNTIL(names_exactly(s, 0xF));
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 200);
    json_t *servers = user_expect(&ann, 200, "GET", "/api/servers", NULL);
    EXPECT_JSON(servers, "{'chat':{'id':'*','url':'*'},'presence':{'id':'*','url':'%s'}}",
                fmt("ws://127.0.0.1:%d/presence", presence.port));
    const char *url = TEXT_OF(json_object_get(servers, "chat"), "url");
    struct ws *ws = ws_new((int)strtol(strrchr(url, ':') + 1, NULL, 10), "/chat",
                           fmt("Authorization: Bearer %s\r\n", ann.access));
    ws_expect(ws, "{'type':'ready'}");
    ws_free(ws);
}

static void strangers_are_not_told(void **state)
{
    struct stack *s = *state;

    http_expect_problem(s, 401, "unauthenticated", "GET", "/api/servers", NULL, NULL);
    http_expect_problem(s, 401, "invalid_token", "GET", "/api/servers", "nonsense", NULL);
    http_expect_problem(s, 405, "method_not_allowed", "POST", "/api/servers", ann.access, "{}");
}

static void a_client_may_ask_for_one_kind(void **state)
{
    (void)state;
    json_t *servers = user_expect(&ann, 200, "GET", "/api/servers?kind=presence", NULL);
    assert_int_equal(json_object_size(servers), 1);
    EXPECT_JSON(servers, "{'presence':{'id':'*'}}");
    EXPECT_JSON(
        user_expect_problem(&ann, 422, "invalid_field", "GET", "/api/servers?kind=cat", NULL),
        "{'field':'kind'}");
    user_expect_problem(&ann, 422, "invalid_field", "GET", "/api/servers?kind=chat&kind=chat",
                        NULL);
}

static void all_four_kinds_are_registered(void **state)
{
    struct stack *s = *state;
    struct daemon notification;

    daemon_init(&notification, "notification-server", "notification", &s->dir, s->redis.url, NULL);
    daemon_up(&notification);
    WAIT_UNTIL(is_registered(s, "notification", 1));
    WAIT_UNTIL(is_registered(s, "api", 1));
    WAIT_UNTIL(is_registered(s, "chat", CHATS));
    WAIT_UNTIL(is_registered(s, "presence", 1));
    const char *record = redis_text(&s->redis, "HGET servers:{notification}:about %s",
                                    redis_text(&s->redis, "EVAL %s 0",
                                               "return redis.call('ZRANGE',"
                                               "'servers:{notification}',0,0)[1]"));
    json_t *about = json_loads(record, 0, NULL);
    EXPECT_JSON(about, "{'kind':'notification','url':'http://127.0.0.1:%d','version':'*'}",
                notification.port);
    json_decref(about);
    assert_int_equal(daemon_terminate(&notification), 0);
    assert_true(is_registered(s, "notification", 0));
    daemon_fini(&notification);
}

/* 250 each, give or take a tenth; and Redis is not asked for each of them. */
static void a_thousand_askers_are_spread_evenly(void **state)
{
    struct stack *s = *state;
    int counts[CHATS] = {0};

    WAIT_UNTIL(is_registered(s, "chat", CHATS) && !any_tells_of(s, "connections", 1) &&
               !any_tells_of(s, "lag_ms", 50)); /* a busy machine has started them all at once */
    (void)redis_text(&s->redis, "CONFIG RESETSTAT");
    ask_anew(s, ASKERS, counts);
    const char *stats =
        strstr(redis_text(&s->redis, "INFO commandstats"), "cmdstat_evalsha:calls=");
    for (int i = 0; i < CHATS; i++)
        assert_in_range(counts[i], ASKERS / CHATS * 9 / 10, ASKERS / CHATS * 11 / 10);
    assert_true(stats == NULL || strtol(strchr(stats, '=') + 1, NULL, 10) < ASKERS / 2);
}

static void who_has_more_connections_gets_fewer(void **state)
{
    struct stack *s = *state;
    struct ws *crowd[40];
    int counts[CHATS] = {0};

    for (int i = 0; i < 40; i++)
        crowd[i] = chat_open(&ann, 0);
    WAIT_UNTIL(any_tells_of(s, "connections", 40) && !any_tells_of(s, "lag_ms", 50));
    ask_anew(s, 60, counts);
    assert_int_equal(counts[0], 0);
    for (int i = 0; i < 40; i++)
        stack_hang_up(s, crowd[i]);
}

/* Neither is it named, nor does it take anybody; until somebody leaves. */
static void one_that_is_full_is_not_named(void **state)
{
    struct stack *s = *state;
    struct daemon full;

    daemon_init(&full, "presence-server", "presence-full", &s->dir, s->redis.url,
                (const char *[]){"--max-connections=1", NULL});
    daemon_kill9(&presence);
    daemon_up(&full);
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 200 &&
               strstr(buf_cstr(&s->http.answer.text), url_at(full.port, "/presence")));
    struct ws *ws = ws_new(full.port, "/presence", fmt("Authorization: Bearer %s\r\n", ann.access));
    ws_expect(ws, "{'type':'ready'}");
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 503);
    assert_non_null(http_header(&s->http.answer, "Retry-After"));
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/servers", NULL), "{'chat':{'id':'*'}}");
    ws_free(ws);
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 200);
    assert_int_equal(daemon_terminate(&full), 0);
    daemon_fini(&full);
    daemon_up(&presence);
}

static void one_that_drains_takes_itself_out_at_once(void **state)
{
    struct stack *s = *state;
    struct daemon chat;

    daemon_init(&chat, "chat-server", "chat-draining", &s->dir, s->redis.url,
                (const char *[]){"--drain-s=20", NULL});
    daemon_up(&chat);
    WAIT_UNTIL(is_registered(s, "chat", CHATS + 1));
    struct ws *ws = ws_new(chat.port, "/chat", fmt("Authorization: Bearer %s\r\n", ann.access));
    struct ws *stuck = ws_new(chat.port, "/chat", fmt("Authorization: Bearer %s\r\n", ann.access));
    ws_expect(ws, "{'type':'ready'}");
    ws_expect(stuck, "{'type':'ready'}");
    process_signal(&chat.process, SIGTERM);
    WAIT_UNTIL(is_registered(s, "chat", CHATS));
    assert_true(process_alive(&chat.process)); /* still draining */
    WAIT_UNTIL(names_exactly(s, 0xF));
    ws_free(ws);
    ws_free(stuck);
    assert_int_equal(process_wait(&chat.process), 0);
    daemon_fini(&chat);
}

static void one_that_is_killed_is_not_named_any_more(void **state)
{
    struct stack *s = *state;

    WAIT_UNTIL(names_exactly(s, 0xF));
    daemon_kill9(&s->chat[3]);
    WAIT_UNTIL(names_exactly(s, 0x7));
    daemon_up(&s->chat[3]);
    WAIT_UNTIL(names_exactly(s, 0xF));
}

static void one_that_stalls_is_not_named_until_it_goes_on(void **state)
{
    struct stack *s = *state;

    process_signal(&s->chat[1].process, SIGSTOP);
    WAIT_UNTIL(names_exactly(s, 0xD));
    process_signal(&s->chat[1].process, SIGCONT);
    WAIT_UNTIL(names_exactly(s, 0xF));
}

static void all_come_back_when_redis_comes_back_empty(void **state)
{
    struct stack *s = *state;

    redis_server_kill9(&s->redis);
    redis_server_restart_empty(&s->redis);
    daemon_wait_ready(&s->api);
    ann = user_new(s, "ann");
    WAIT_UNTIL(names_exactly(s, 0xF));
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 200);
}

static void while_redis_is_away_nobody_is_named(void **state)
{
    struct stack *s = *state;

    redis_server_kill9(&s->redis);
    WAIT_UNTIL(http_do(s, "GET", "/api/servers", ann.access, NULL)->status == 503);
    assert_non_null(http_header(&s->http.answer, "Retry-After"));
    redis_server_restart(&s->redis);
    WAIT_UNTIL(names_exactly(s, 0xF));
}

static void without_a_presence_server_one_can_still_chat(void **state)
{
    struct stack *s = *state;

    daemon_kill9(&presence);
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 503);
    assert_non_null(http_header(&s->http.answer, "Retry-After"));
    user_expect_problem(&ann, 503, "unavailable", "GET", "/api/servers?kind=presence", NULL);
    user_expect(&ann, 200, "GET", "/api/servers?kind=chat", NULL);
    json_t *rest = user_expect(&ann, 200, "GET", "/api/servers", NULL);
    assert_non_null(json_object_get(rest, "chat"));
    assert_null(json_object_get(rest, "presence"));
    daemon_up(&presence);
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 200);
}

/* Two processes, one address. */
static void workers_are_one_server(void **state)
{
    struct stack *s = *state;
    struct daemon chat;

    daemon_init(&chat, "chat-server", "chat-workers", &s->dir, s->redis.url,
                (const char *[]){"--workers=2", NULL});
    daemon_up(&chat);
    WAIT_UNTIL(is_registered(s, "chat", CHATS + 2));
    WAIT_UNTIL(redis_do(&s->redis, "EVAL %s 0 %s",
                        "local n = 0 "
                        "for _, r in ipairs(redis.call('HVALS', 'servers:{chat}:about')) do "
                        "if cjson.decode(r).url == ARGV[1] then n = n + 1 end end return n",
                        url_of(chat.port)) == 2);
    assert_int_equal(daemon_terminate(&chat), 0);
    WAIT_UNTIL(is_registered(s, "chat", CHATS));
    daemon_fini(&chat);
}

static void one_behind_something_says_under_which_url(void **state)
{
    struct stack *s = *state;
    struct daemon other;

    daemon_init(&other, "presence-server", "presence-behind", &s->dir, s->redis.url,
                (const char *[]){"--advertise-url=wss://people.example.org", NULL});
    daemon_kill9(&presence);
    daemon_up(&other);
    WAIT_UNTIL(http_do(s, "GET", "/api/servers?kind=presence", ann.access, NULL)->status == 200 &&
               strstr(buf_cstr(&s->http.answer.text), "\"wss://people.example.org/presence\""));
    assert_int_equal(daemon_terminate(&other), 0);
    daemon_fini(&other);
}

static void a_url_that_cannot_be_one_is_refused_at_start(void **state)
{
    static const char *const BAD[] = {"--advertise-url=http://chat.example.org",
                                      "--advertise-url=ws://", "--advertise-url=ws://a b"};

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct buf err = {0};
        const char *argv[] = {daemon_path("chat-server"), "--check-config", BAD[i], NULL};
        assert_int_equal(process_run(argv, NULL, NULL, &err), 2);
        assert_non_null(strstr(buf_cstr(&err), "--advertise-url: "));
        buf_fini(&err);
    }
}

static void how_late_a_loop_is_is_a_metric(void **state)
{
    struct stack *s = *state;

    WAIT_UNTIL(daemon_metric(&s->chat[0], "chatapp_loop_lag_seconds_count") > 0);
}

static void the_presence_server_ends_well(void **state)
{
    (void)state;
    process_kill9(&presence.process);
    daemon_fini(&presence);
}

STORY(setup, CASE(a_client_is_told_where_to_connect), CASE(strangers_are_not_told),
      CASE(a_client_may_ask_for_one_kind), CASE(all_four_kinds_are_registered),
      CASE(a_thousand_askers_are_spread_evenly), CASE(who_has_more_connections_gets_fewer),
      CASE(one_that_is_full_is_not_named), CASE(one_that_drains_takes_itself_out_at_once),
      CASE(one_that_is_killed_is_not_named_any_more),
      CASE(one_that_stalls_is_not_named_until_it_goes_on),
      CASE(all_come_back_when_redis_comes_back_empty), CASE(while_redis_is_away_nobody_is_named),
      CASE(without_a_presence_server_one_can_still_chat), CASE(workers_are_one_server),
      CASE(one_behind_something_says_under_which_url),
      CASE(a_url_that_cannot_be_one_is_refused_at_start), CASE(how_late_a_loop_is_is_a_metric),
      CASE(the_presence_server_ends_well))
