/* The api-server as the web client's web server. */
#include "story.h"

static int start(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 0});
    return 0;
}

static const struct http_answer *get(struct stack *s, const char *path, const char *const *headers)
{
    s->http.headers = headers;
    return http_do(s, "GET", path, NULL, NULL);
}

static void assert_header(const struct http_answer *a, const char *name, const char *value)
{
    const char *got = http_header(a, name);

    if (got == NULL || strcmp(got, value) != 0)
        fail_at(HERE, "%s: %s instead of %s", name, got ? got : "(none)", value);
}

static void the_page_is_at_the_root(void **state)
{
    const struct http_answer *a = get(*state, "/", NULL);

    assert_int_equal(a->status, 200);
    assert_header(a, "Content-Type", "text/html; charset=utf-8");
    assert_header(a, "Cache-Control", "no-cache");
    assert_non_null(memmem(a->text.p, a->text.n, "<!doctype html>", 15));
}

static void files_have_their_types(void **state)
{
    assert_header(get(*state, "/client.js", NULL), "Content-Type",
                  "text/javascript; charset=utf-8");
    assert_header(get(*state, "/app.css", NULL), "Content-Type", "text/css; charset=utf-8");
    assert_header(get(*state, "/icon.svg", NULL), "Content-Type", "image/svg+xml");
    assert_header(get(*state, "/app.webmanifest", NULL), "Content-Type",
                  "application/manifest+json");
}

/* Wherever the registry may send the page's sockets. */
static bool policy_names(struct stack *s, const char *sources)
{
    const struct http_answer *a = get(s, "/", NULL);
    const char *line = fmt("connect-src 'self' %s\r", sources);

    return memmem(a->head.p, a->head.n, line, strlen(line)) != NULL;
}

static void the_browser_is_told_to_be_strict(void **state)
{
    const struct http_answer *a = get(*state, "/", NULL);

    assert_header(a, "X-Content-Type-Options", "nosniff");
    assert_header(a, "Referrer-Policy", "no-referrer");
    assert_header(a, "X-Frame-Options", "DENY");
    const char *policy = http_header(a, "Content-Security-Policy");
    assert_non_null(policy);
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_non_null(strstr(policy, "require-trusted-types-for 'script'"));
    assert_null(strstr(policy, "unsafe"));
    assert_non_null(memmem(a->head.p, a->head.n,
                           "connect-src 'self' ws://127.0.0.1:* wss://127.0.0.1:*\r", 53));
}

static void sockets_may_go_to_servers_of_other_names(void **state)
{
    struct stack *s = stack_start((struct stack_options){
        .chat_servers = 1, .chat_flags = {"--advertise-url=wss://chat.example"}});

    (void)state;
    WAIT_UNTIL(policy_names(s, "ws://127.0.0.1:* wss://127.0.0.1:* ws://chat.example:* "
                               "wss://chat.example:*"));
    stack_stop(s);
}

static void what_the_browser_has_is_not_sent_again(void **state)
{
    const char *tag = http_header(get(*state, "/client.js", NULL), "ETag");
    const char *const same[] = {fmt("If-None-Match: %s", tag), NULL};
    const char *const other[] = {"If-None-Match: \"0123\"", NULL};
    const struct http_answer *a = get(*state, "/client.js", same);

    assert_int_equal(a->status, 304);
    assert_int_equal(a->text.n, 0);
    assert_header(a, "ETag", tag);
    assert_int_equal(get(*state, "/client.js", other)->status, 200);
}

static void it_is_packed_for_those_who_take_that(void **state)
{
    const char *const packed[] = {"Accept-Encoding: gzip", NULL};
    const char *const refused[] = {"Accept-Encoding: gzip;q=0, br", NULL};
    const struct http_answer *a = get(*state, "/client.js", refused);
    size_t plain = a->text.n;

    assert_null(http_header(a, "Content-Encoding"));
    assert_header(a, "Vary", "Accept-Encoding");
    const char *tag = http_header(a, "ETag");
    a = get(*state, "/client.js", packed);
    assert_header(a, "Content-Encoding", "gzip");
    assert_header(a, "Vary", "Accept-Encoding");
    assert_true(a->text.n > 20 && a->text.n < plain);
    assert_memory_equal(a->text.p, "\x1f\x8b", 2);
    assert_string_not_equal(http_header(a, "ETag"), tag);
}

static void head_tells_the_length_only(void **state)
{
    const struct http_answer *a = get(*state, "/client.js", NULL);
    size_t n = a->text.n;

    a = http_do(*state, "HEAD", "/client.js", NULL, NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(a->text.n, 0);
    assert_header(a, "Content-Length", fmt("%zu", n));
}

static void other_methods_are_not_allowed(void **state)
{
    const struct http_answer *a = http_do(*state, "POST", "/", NULL, "{}");

    assert_int_equal(a->status, 405);
    assert_header(a, "Allow", "GET, HEAD");
}

static void no_path_leads_anywhere_else(void **state)
{
    static const char *const PATHS[] = {
        "/../main.c",   "/ui/../../main.c", "/%2e%2e/main.c", "/..%2fmain.c",
        "//etc/passwd", "/.git/config",     "/README.md",     "/ui",
        "/ui/",         "/client.js/x",     "/nothing.js",    "/CLIENT.JS",
        "/client.js%00"};
    struct stack *s = *state;

    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        int status =
            raw_ask(s->api.port, str_of(fmt("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", PATHS[i])));
        if (status != 404 && status != 400)
            fail_at(HERE, "%s: %d", PATHS[i], status);
    }
}

static void it_can_be_left_out(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--web-client=false"}});

    (void)state;
    http_expect_problem(s, 404, "not_found", "GET", "/", NULL, NULL);
    stack_stop(s);
}

STORY(start, CASE(the_page_is_at_the_root), CASE(files_have_their_types),
      CASE(the_browser_is_told_to_be_strict), CASE(sockets_may_go_to_servers_of_other_names),
      CASE(what_the_browser_has_is_not_sent_again), CASE(it_is_packed_for_those_who_take_that),
      CASE(head_tells_the_length_only), CASE(other_methods_are_not_allowed),
      CASE(no_path_leads_anywhere_else), CASE(it_can_be_left_out))
