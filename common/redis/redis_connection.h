/* One blocking connection to Redis. Any false means that it is of no more use; `why` then says why. */
#ifndef CHATAPP_REDIS_REDIS_CONNECTION_H
#define CHATAPP_REDIS_REDIS_CONNECTION_H

#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "redis/redis_url.h"

#define REDIS_CONNECTION_WHY_MAX 128

struct redisContext;

struct redis_connection {
    struct redisContext *redis;
    struct buf out;
    char why[REDIS_CONNECTION_WHY_MAX]; /* what went wrong, */
    const char *why_name;               /* and with which command */
    struct redis_connection *next;      /* the pool's */
};

/* Never NULL; close it also when it failed. Connects, signs in and asks for a sign of life, each within
 * timeout_ms. */
struct redis_connection *redis_connection_open(const struct redis_url *url, int timeout_ms,
                                               bool *connected_out);
void redis_connection_close(struct redis_connection *c);

/* True when an idle connection is one still: it has nothing to say but that it has ended. */
bool redis_connection_is_quiet(const struct redis_connection *c);
/* All commands in one write, and all the replies, error replies included; or none of the replies. */
bool redis_connection_exchange(struct redis_connection *c, const struct redis_command *commands,
                               size_t n, struct redisReply **replies_out);
/* After that: sends the scripts that Redis did not know again, with their text. They have not run. */
bool redis_connection_retry_scripts(struct redis_connection *c,
                                    const struct redis_command *commands, size_t n,
                                    struct redisReply **replies);

#endif
