/* This process's entry in the service registry, kept fresh by a thread of its own through the Redis pool: it stands there
 * while the daemon is ready for its work (ops_ready()). For the threaded daemons, between opening the HTTP server and
 * draining it. */
#ifndef CHATAPP_REGISTRY_REGISTRAR_H
#define CHATAPP_REGISTRY_REGISTRAR_H

#include "registry/registry.h"

struct registrar;

/* `connections` is asked from that thread. Keeps the context. */
struct registrar *registrar_start(const struct daemon_settings *settings, int port,
                                  int64_t (*connections)(void *context), void *context);
/* Out at once. *registrar is NULL afterwards. */
void registrar_stop(struct registrar **registrar);

#endif
