/* The Service Registry: every process of every daemon writes into Redis each second that it lives, under which URL, and how
 * busy it is; who says nothing for REGISTRY_TTL_MS, by Redis' clock, is dead. So a server that is killed or stalls is
 * named no longer than that, a Redis that comes back empty knows all of them again within a second, and nobody has to
 * be told any addresses.
 *
 *     registration.h   writes, on an event loop        server_list.h   whom to take: the least loaded
 *     registrar.h      writes, from a thread           directory.h     reads, for threads
 *
 * Here are the commands; whoever sends them decides how. Each touches the one slot of its kind. */
#ifndef CHATAPP_REGISTRY_REGISTRY_H
#define CHATAPP_REGISTRY_REGISTRY_H

#include "daemon/daemon.h"
#include "redis/redis_command.h"
#include "registry/instance.h"

#define REGISTRY_REFRESH_MS 1000
#define REGISTRY_TTL_MS 3000

/* This process under a new id, by its settings and the port that it really listens on. */
void registry_describe_self(const struct daemon_settings *settings, int port,
                            struct instance *self_out);

/* `record` is borrowed until the command was sent. */
void registry_put(struct redis_command *c, const struct instance *self, str record);
void registry_remove(struct redis_command *c, const struct instance *self);
/* The reply has for each live server how many ms ago it was put, and its record. */
void registry_list(struct redis_command *c, const char *kind);

#endif
