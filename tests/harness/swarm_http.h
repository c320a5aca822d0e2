/* HTTP requests that nobody waits for: a swarm goes on talking while the api-server is away. */
#ifndef CHATAPP_HARNESS_SWARM_HTTP_H
#define CHATAPP_HARNESS_SWARM_HTTP_H

#include <jansson.h>

struct swarm_http;

struct swarm_http *swarm_http_new(void);
void swarm_http_free(struct swarm_http *http);

/* `status` is 0 when no answer came, `answer` NULL when it is not JSON; it is borrowed. */
typedef void swarm_http_fn(void *context, int status, const json_t *answer);
void swarm_http_ask(struct swarm_http *http, int port, const char *method, const char *path,
                    const char *token, swarm_http_fn *done, void *context);

/* What can be done without waiting; calls the functions of those that are done. */
void swarm_http_turn(struct swarm_http *http);
size_t swarm_http_under_way(const struct swarm_http *http);

#endif
