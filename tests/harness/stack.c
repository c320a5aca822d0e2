#include "stack.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "wait.h"

/* --- start and stop -------------------------------------------------------------------------- */

struct stack *stack_start(struct stack_options options)
{
    struct stack *s = mem_zalloc(sizeof *s);

    temp_dir_make(&s->dir);
    redis_server_start(&s->redis, &s->dir, options.redis_tcp);
    daemon_init(&s->api, "api-server", "api-server", &s->dir, s->redis.url, options.api_flags);
    daemon_launch(&s->api);
    for (s->n_chat = 0; s->n_chat < options.chat_servers; s->n_chat++) {
        struct daemon *chat = &s->chat[s->n_chat];
        daemon_init(chat, "chat-server", fmt("chat-server-%d", s->n_chat), &s->dir, s->redis.url,
                    options.chat_flags);
        daemon_launch(chat);
    }
    daemon_wait_ready(&s->api);
    for (int i = 0; i < s->n_chat; i++)
        daemon_wait_ready(&s->chat[i]);
    return s;
}

void stack_add_chat(struct stack *s, const char *redis_url, const char *const *flags)
{
    struct daemon *chat = &s->chat[s->n_chat];

    if (s->n_chat == STACK_CHAT_MAX)
        fail_at(HERE, "too many chat-servers");
    daemon_init(chat, "chat-server", fmt("chat-server-%d", s->n_chat), &s->dir, redis_url, flags);
    s->n_chat++;
    daemon_up(chat);
}

/* One that a test has killed is fine. */
static bool end(struct daemon *d)
{
    bool good = true;

    if (process_alive(&d->process) || d->process.status != 128 + 9) {
        int status = d->process.pid ? daemon_terminate(d) : d->process.status;
        good = status == 0;
        if (!good) {
            struct buf log = {0};
            process_log(&d->process, &log);
            (void)fprintf(stderr, "%s ended with %d; its log ends:\n%s\n", d->name, status,
                          buf_cstr(&log) + (log.n > 6000 ? log.n - 6000 : 0));
            buf_fini(&log);
        }
    }
    daemon_fini(d);
    return good;
}

void stack_stop(struct stack *s)
{
    bool good = true;

    stack_hang_up_all(s);
    http_fini(&s->http);
    for (int i = 0; i < s->n_chat; i++)
        good = end(&s->chat[i]) && good;
    good = end(&s->api) && good;
    redis_server_stop(&s->redis);
    temp_dir_remove(&s->dir);
    free(s);
    if (!good)
        fail_at(HERE, "a daemon did not end well");
}

void the_daemons_end_well(void **state)
{
    stack_stop(*state);
}

/* --- requests -------------------------------------------------------------------------------- */

const struct http_answer *http_do(struct stack *s, const char *method, const char *path,
                                  const char *token, const char *body)
{
    return http_at(&s->http, s->api.port, method, path, token, body);
}

json_t *http_expect_at(struct where where, struct stack *s, int status, const char *method,
                       const char *path, const char *token, const char *body)
{
    const struct http_answer *a = http_do(s, method, path, token, body);

    if (a->status != status)
        fail_at(where, "%s %s: expected %d, got %d %.2000s", method, path, status, a->status,
                buf_cstr(&s->http.answer.text));
    return a->json;
}

json_t *http_expect_problem_at(struct where where, struct stack *s, int status, const char *code,
                               const char *method, const char *path, const char *token,
                               const char *body)
{
    json_t *json = http_expect_at(where, s, status, method, path, token, body);
    const char *type = http_header(&s->http.answer, "Content-Type");

    if (type == NULL || strncmp(type, "application/problem+json", 24) != 0)
        fail_at(where, "%s %s: a problem of content type %s", method, path, type ? type : "(none)");
    expect_json_at(where, json, "{'type':'*','title':'*','status':%d,'detail':'*','code':'%s'}",
                   status, code);
    return json;
}

/* --- sockets --------------------------------------------------------------------------------- */

struct ws *stack_socket(struct stack *s, int chat, const char *headers)
{
    struct ws *ws = ws_new(s->chat[chat].port, "/chat", headers);

    ws->next = s->sockets;
    s->sockets = ws;
    return ws;
}

void stack_hang_up(struct stack *s, struct ws *ws)
{
    struct ws **at = &s->sockets;

    while (*at != ws)
        at = &(*at)->next;
    *at = ws->next;
    ws_free(ws);
}

void stack_hang_up_all(struct stack *s)
{
    while (s->sockets != NULL)
        stack_hang_up(s, s->sockets);
}
