/* Notification-servers on a stack, and what a service asks of them. */
#ifndef CHATAPP_HARNESS_NOTIFIER_H
#define CHATAPP_HARNESS_NOTIFIER_H

#include "receiver.h"
#include "stack.h"
#include "user.h"

struct notifier {
    struct stack *stack;
    struct daemon daemon;
    struct http http;
    char token[1025]; /* a service's */
};

/* A token with this name and audience, signed with the stack's key. As long as fmt()'s. */
const char *service_token(const struct stack *s, const char *name, const char *audience);

/* Up and ready. Waits and time-outs are short, private URLs allowed; `flags` as daemon_init() has them. */
void notifier_start(struct notifier *n, struct stack *s, const char *name,
                    const char *const *flags);
/* SIGTERM, which must end with 0; fine when a test has killed it. */
void notifier_stop(struct notifier *n);

/* The receiver's webhook, with this path, as a device of the user's; its id. The ids that are made here stay for the next
 * 4096 of them. */
const char *webhook_new(const struct user *u, const struct receiver *r, const char *path);

/* A request with the service's token; the body is in the spelling of fmt_json(). */
const struct http_answer *notifier_do(struct notifier *n, const char *method, const char *path,
                                      const char *body);
/* POST /notify, which must be accepted: its id. `key`: Idempotency-Key or NULL. */
const char *notify_at(struct where where, struct notifier *n, const char *key, const char *body);
#define notify_with_key(n, key, ...) notify_at(HERE, n, key, fmt(__VA_ARGS__))
#define notify(n, ...) notify_at(HERE, n, NULL, fmt(__VA_ARGS__))
/* GET /notify/{id}; the body stays until the next request. */
json_t *notification_at(struct where where, struct notifier *n, const char *id);
#define notification(n, id) notification_at(HERE, n, id)
bool notification_is(struct notifier *n, const char *id, const char *status);
/* The first of its deliveries. */
json_t *delivery_at(struct where where, struct notifier *n, const char *id);
#define delivery(n, id) delivery_at(HERE, n, id)

#endif
