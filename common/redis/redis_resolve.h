/* A host name to an address, without blocking the loop (hiredis would call getaddrinfo() on it). */
#ifndef CHATAPP_REDIS_REDIS_RESOLVE_H
#define CHATAPP_REDIS_REDIS_RESOLVE_H

#include <stdbool.h>

#include <uv.h>

struct redis_resolve;

/* `address` is numeric and borrowed, or NULL: then `why` says why. */
typedef void redis_resolved_fn(void *context, const char *address, const char *why);

bool redis_host_is_numeric(const char *host);
/* Calls `done` once, from the loop. Of several addresses IPv4 ones come first, and each attempt takes the
 * next. */
struct redis_resolve *redis_resolve_start(uv_loop_t *loop, const char *host, unsigned attempt,
                                          redis_resolved_fn *done, void *context);
/* `done` will not be called any more. NULL is fine; *resolve is NULL afterwards. */
void redis_resolve_cancel(struct redis_resolve **resolve);

#endif
