/* Sessions that ended elsewhere: logged out, password changed, account erased. The stream `ended` in Redis is the
 * truth, read each second; the channel of the same name is the doorbell, for "at once". What was read is remembered
 * for a while, because a connection may be signing in at that very moment. */
#ifndef CHATAPP_SESSION_ENDED_H
#define CHATAPP_SESSION_ENDED_H

#include "redis/redis_async.h"

struct ended;

typedef void ended_fn(void *context, str user, str session);

struct ended *ended_open(uv_loop_t *loop, struct redis_client *redis, ended_fn *on_ended,
                         void *context);
void ended_close(struct ended **ended);
/* Read the stream now: the bell rang, or Redis is there (again). */
void ended_look(struct ended *ended);
/* Has this session been seen to end lately? For the last step of signing in. */
bool ended_has(const struct ended *ended, str session);

#endif
