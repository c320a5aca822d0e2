/* Hiredis's asynchronous context on a libuv loop.
 *
 * Unlike the adapter that comes with hiredis: what one turn of the loop adds is written once, just before
 * the loop blocks (uv_prepare); the poll watcher is changed only when what it watches changes; and an error
 * on the socket ends the connection instead of leaving it dead without a word. */
#ifndef CHATAPP_REDIS_REDIS_UV_H
#define CHATAPP_REDIS_REDIS_UV_H

#include <stdbool.h>

#include <hiredis/async.h>
#include <uv.h>

/* The context is about to be freed by hiredis, for whatever reason; called exactly once. Everything else on
 * this context has been called back before. `ac->c.errstr` tells why, when ac->c.err is not 0. */
typedef void redis_uv_gone_fn(void *context, const redisAsyncContext *ac);

/* False: libuv refused (no file descriptors left, or it watches that number already); `gone` is then never called. */
bool redis_uv_attach(redisAsyncContext *ac, uv_loop_t *loop, redis_uv_gone_fn *gone, void *context);
/* Writes now what can be written. Calls nobody back, also when the connection turns out to be broken. */
void redis_uv_flush(redisAsyncContext *ac);

#endif
