/* People with an account. */
#ifndef CHATAPP_HARNESS_USER_H
#define CHATAPP_HARNESS_USER_H

#include "raw.h"
#include "stack.h"

#define USER_PASSWORD "correct-horse-9-battery"

struct user {
    struct stack *stack;
    char name[33];
    char access[1025];
    char refresh[256];
    char session[25]; /* the access token's sid */
};

/* Signs up under a name that begins with `base` and is nobody else's. The password is
 * USER_PASSWORD. */
struct user user_new(struct stack *s, const char *base);
/* The same person on another device. */
struct user user_login(const struct user *u, const char *device);
/* Takes access_token, refresh_token and the session from an answer. */
void user_take_tokens(struct user *u, const json_t *answer);

/* A request of this user's. */
#define user_expect(u, status, method, path, body)                                                 \
    http_expect_at(HERE, (u)->stack, status, method, path, (u)->access, body)
#define user_expect_problem(u, status, code, method, path, body)                                   \
    http_expect_problem_at(HERE, (u)->stack, status, code, method, path, (u)->access, body)

/* Begins such a request without a body, on a connection of its own, and waits for the answers to several. */
struct raw user_begin(const struct user *u, const char *method, const char *path);
void user_end_all(struct raw *requests, size_t n);

/* The direct conversation's id, and a new room of these users' (NULL-terminated), as long as
 * fmt()'s. */
const char *direct_id(const struct user *a, const struct user *b);
const char *room_new(const struct user *owner, const char *name, const struct user *const *members);

/* Signs in at chat-server `chat` with the header and waits for `ready`, which is left in
 * *ready_out if asked. */
struct ws *chat_open_ready(const struct user *u, int chat, json_t **ready_out);
struct ws *chat_open(const struct user *u, int chat);
/* The same at presence-server `presence`. */
struct ws *presence_open_ready(const struct user *u, int presence, json_t **ready_out);
struct ws *presence_open(const struct user *u, int presence);

/* The two add each other as contacts. */
void befriend(const struct user *a, const struct user *b);

#endif
