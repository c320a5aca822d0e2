/* This process's entry in the service registry, kept fresh from its event loop: it stands there while the daemon is ready
 * for its work (ops_ready()), and goes when it drains. */
#ifndef CHATAPP_REGISTRY_REGISTRATION_H
#define CHATAPP_REGISTRY_REGISTRATION_H

#include "redis/redis_async.h"
#include "registry/registry.h"

struct registration;

/* How busy is it? Fills in connections, connections_max and lag_ms. */
typedef void registration_load_fn(void *context, struct instance *self);

/* Keeps the context. */
struct registration *registration_open(uv_loop_t *loop, struct redis_client *redis,
                                       const struct instance *self, registration_load_fn *load,
                                       void *context);
/* Out at once, and for good: it drains. */
void registration_leave(struct registration *registration);
/* Before the client is closed, which still sends the leaving. *registration is NULL afterwards. */
void registration_close(struct registration **registration);

#endif
