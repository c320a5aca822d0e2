/* A blocking connection to Redis with many commands on their way, for benches that fill it, or measure it alone.
 * Whatever goes wrong ends the program. */
#ifndef CHATAPP_BENCH_PIPELINE_H
#define CHATAPP_BENCH_PIPELINE_H

#include <hiredis/hiredis.h>

#include "redis/redis_command.h"

struct pipeline;

/* `path` of Redis's socket. */
struct pipeline *pipeline_open(const char *path);
void pipeline_close(struct pipeline *pipeline);
/* What pipeline_give() needs to have been told of a script before. */
void pipeline_load(struct pipeline *pipeline, const struct redis_script *script);
/* On its way when the next pipeline_flush() or pipeline_take() returns. */
void pipeline_give(struct pipeline *pipeline, const struct redis_command *command);
void pipeline_flush(struct pipeline *pipeline);
/* The next reply, in the order given; never an error. To be freed with freeReplyObject(). */
redisReply *pipeline_take(struct pipeline *pipeline);
/* Gives one, and takes its reply; nothing else may be on its way. */
void pipeline_call(struct pipeline *pipeline, const struct redis_command *command);
/* Returns when Redis neither rewrites nor syncs its file, as it does for a while after much has come. */
void pipeline_settle(struct pipeline *pipeline);

#endif
