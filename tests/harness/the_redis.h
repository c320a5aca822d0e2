/* A redis-server without daemons, the program's one, for tests that talk to it as the daemons do: through common/redis.
 * Functions fail the running test when something goes wrong. */
#ifndef CHATAPP_HARNESS_THE_REDIS_H
#define CHATAPP_HARNESS_THE_REDIS_H

#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "redis_server.h"

extern struct redis_server the_redis;

/* For cmocka_run_group_tests(). It has a TCP port too. */
int the_redis_start(void **state);
int the_redis_stop(void **state);
/* The same, and with it the pool of blocking connections, which the_redis_call() and the_redis_ask() need. */
int the_redis_start_with_pool(void **state);
int the_redis_stop_with_pool(void **state);

/* The caller's to reply_free(). */
struct redisReply *the_redis_call(const struct redis_command *c);
/* The reply as text, elements with a space between; as long as fmt()'s. */
const char *the_redis_ask(const struct redis_command *c);

#endif
