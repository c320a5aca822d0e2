/* Singleton: the process's one pool of blocking Redis connections, for the threaded daemons.
 *
 * A thread borrows a connection for one call or one pipeline. Connections are made when first needed,
 * sign in, select the database, and are thrown away after any error. After a failure to connect, calls
 * fail at once for a moment (fail fast) instead of each waiting for the time-out. A write whose connection
 * broke is not repeated: its outcome is unknown, and the caller's client may retry. NOSCRIPT is
 * answered by sending the script's source once. */
#ifndef CHATAPP_REDIS_REDIS_POOL_H
#define CHATAPP_REDIS_REDIS_POOL_H

#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "redis/redis_url.h"

struct redis_pool_options {
    size_t connections_max; /* callers beyond that wait, up to timeout_ms */
    int timeout_ms;         /* to connect, and for each reply */
};

/* Once, before the threads. Connects nothing yet. */
void redis_pool_open(const struct redis_url *url, const struct redis_pool_options *options);
void redis_pool_close(void); /* after all threads have ended */

/* ERR_UNAVAILABLE: no connection, time-out, or Redis says LOADING, OOM, MISCONF, READONLY, NOAUTH and the
 * like. On OK *reply_out is the caller's to reply_free() and is never an error reply. Our own
 * mistakes (WRONGTYPE, a script that fails) are logged and come back as ERR_UNAVAILABLE too. */
MUST_USE enum err redis_call(const struct redis_command *command, struct redisReply **reply_out);
/* `n` commands in one write; all replies or none. Not atomic; a script that Redis did not know runs after the
 * others. */
MUST_USE enum err redis_pipeline(const struct redis_command *commands, size_t n,
                                 struct redisReply **replies_out);
/* PING, for /readyz. */
MUST_USE enum err redis_ping(void);

#endif
