/* All that a story needs: a Redis, an api-server, and some chat-servers and presence-servers, each a real process. */
#ifndef CHATAPP_HARNESS_STACK_H
#define CHATAPP_HARNESS_STACK_H

#include "daemon.h"
#include "http.h"
#include "match.h"
#include "redis_server.h"
#include "temp_dir.h"
#include "ws.h"

#define STACK_CHAT_MAX 4
#define STACK_PRESENCE_MAX 6
#define STACK_FLAGS_MAX 16

struct stack_options {
    int chat_servers;
    bool redis_tcp;
    const char *api_flags[STACK_FLAGS_MAX]; /* "--name=value", ends with NULL */
    const char *chat_flags[STACK_FLAGS_MAX];
    int presence_servers;
    const char *presence_flags[STACK_FLAGS_MAX];
};

struct stack {
    struct temp_dir dir;
    struct redis_server redis;
    struct daemon api;
    struct daemon chat[STACK_CHAT_MAX];
    int n_chat;
    struct daemon presence[STACK_PRESENCE_MAX];
    int n_presence;
    struct http http;   /* to the api-server */
    struct ws *sockets; /* opened through the stack, freed with it */
    unsigned users;     /* made so far: names are never used twice */
};

/* Everything is ready when it returns. */
struct stack *stack_start(struct stack_options options);
/* One more chat-server, with settings or a way to Redis of its own; its number is the next one. */
void stack_add_chat(struct stack *s, const char *redis_url, const char *const *flags);
/* The same, a presence-server. */
void stack_add_presence(struct stack *s, const char *redis_url, const char *const *flags);
/* Ends everything; the running test fails when a daemon that was alive does not end with 0. */
void stack_stop(struct stack *s);
/* The last case of a program, where *state is the stack. (A failing group teardown would leave
 * cmocka's exit status 0.) */
void the_daemons_end_well(void **state);

/* A request to the api-server; see http_at(). */
const struct http_answer *http_do(struct stack *s, const char *method, const char *path,
                                  const char *token, const char *body);
/* The same, which must be answered with `status`; the body as JSON, until the next request. */
#define http_expect(s, status, method, path, token, body)                                          \
    http_expect_at(HERE, s, status, method, path, token, body)
json_t *http_expect_at(struct where where, struct stack *s, int status, const char *method,
                       const char *path, const char *token, const char *body);
/* And with a problem (RFC 9457) of this code that follows the contract in form. */
#define http_expect_problem(s, status, code, method, path, token, body)                            \
    http_expect_problem_at(HERE, s, status, code, method, path, token, body)
json_t *http_expect_problem_at(struct where where, struct stack *s, int status, const char *code,
                               const char *method, const char *path, const char *token,
                               const char *body);

/* A WebSocket to a chat-server, the handshake decided either way; freed with the stack, or by
 * stack_hang_up(). */
struct ws *stack_socket(struct stack *s, int chat, const char *headers);
struct ws *stack_presence_socket(struct stack *s, int presence, const char *headers);
void stack_hang_up(struct stack *s, struct ws *ws);
void stack_hang_up_all(struct stack *s);

#endif
