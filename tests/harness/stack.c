#include "stack.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "wait.h"

/* --- start and stop -------------------------------------------------------------------------- */

/* Starts one more, without waiting until it is ready. */
static struct daemon *launch(struct stack *s, struct daemon *all, int *n, const char *program,
                             const char *redis_url, const char *const *flags)
{
    struct daemon *d = &all[*n];

    daemon_init(d, program, fmt("%s-%d", program, *n), &s->dir, redis_url, flags);
    ++*n;
    daemon_launch(d);
    return d;
}

struct stack *stack_start(struct stack_options options)
{
    struct stack *s = mem_zalloc(sizeof *s);

    temp_dir_make(&s->dir);
    redis_server_start(&s->redis, &s->dir, options.redis_tcp);
    daemon_init(&s->api, "api-server", "api-server", &s->dir, s->redis.url, options.api_flags);
    daemon_launch(&s->api);
    while (s->n_chat < options.chat_servers)
        (void)launch(s, s->chat, &s->n_chat, "chat-server", s->redis.url, options.chat_flags);
    while (s->n_presence < options.presence_servers)
        (void)launch(s, s->presence, &s->n_presence, "presence-server", s->redis.url,
                     options.presence_flags);
    daemon_wait_ready(&s->api);
    for (int i = 0; i < s->n_chat; i++)
        daemon_wait_ready(&s->chat[i]);
    for (int i = 0; i < s->n_presence; i++)
        daemon_wait_ready(&s->presence[i]);
    return s;
}

void stack_add_chat(struct stack *s, const char *redis_url, const char *const *flags)
{
    if (s->n_chat == STACK_CHAT_MAX)
        fail_at(HERE, "too many chat-servers");
    daemon_wait_ready(launch(s, s->chat, &s->n_chat, "chat-server", redis_url, flags));
}

void stack_add_presence(struct stack *s, const char *redis_url, const char *const *flags)
{
    if (s->n_presence == STACK_PRESENCE_MAX)
        fail_at(HERE, "too many presence-servers");
    daemon_wait_ready(launch(s, s->presence, &s->n_presence, "presence-server", redis_url, flags));
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
    for (int i = 0; i < s->n_presence; i++)
        good = end(&s->presence[i]) && good;
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

static struct ws *keep(struct stack *s, struct ws *ws)
{
    ws->next = s->sockets;
    s->sockets = ws;
    return ws;
}

struct ws *stack_socket(struct stack *s, int chat, const char *headers)
{
    return keep(s, ws_new(s->chat[chat].port, "/chat", headers));
}

struct ws *stack_presence_socket(struct stack *s, int presence, const char *headers)
{
    return keep(s, ws_new(s->presence[presence].port, "/presence", headers));
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
