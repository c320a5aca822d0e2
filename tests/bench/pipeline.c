#include "pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "figures.h"

#define SETTLED_LOOKS 10 /* one after the other: a rewrite is soon followed by another sync */
#define LOOK_US 100000

struct pipeline {
    redisContext *redis;
    struct buf bytes; /* a command in Redis's protocol */
};

struct pipeline *pipeline_open(const char *path)
{
    struct pipeline *p = mem_zalloc(sizeof *p);

    p->redis = redisConnectUnix(path ? path : "");
    if (p->redis == NULL || p->redis->err)
        die("redis: %s", p->redis ? p->redis->errstr : "no memory");
    return p;
}

void pipeline_close(struct pipeline *pipeline)
{
    redisFree(pipeline->redis);
    buf_fini(&pipeline->bytes);
    free(pipeline);
}

void pipeline_load(struct pipeline *pipeline, const struct redis_script *script)
{
    struct redis_command command;

    redis_command_init(&command, "SCRIPT");
    redis_add(&command, STR("LOAD"));
    redis_add(&command, script->text);
    pipeline_call(pipeline, &command);
}

void pipeline_give(struct pipeline *pipeline, const struct redis_command *command)
{
    buf_clear(&pipeline->bytes);
    redis_command_format(command, false, &pipeline->bytes);
    if (redisAppendFormattedCommand(pipeline->redis, pipeline->bytes.p, pipeline->bytes.n) !=
        REDIS_OK)
        die("redis: %s", pipeline->redis->errstr);
}

void pipeline_flush(struct pipeline *pipeline)
{
    int done = 0;

    while (!done)
        if (redisBufferWrite(pipeline->redis, &done) != REDIS_OK)
            die("redis: %s", pipeline->redis->errstr);
}

redisReply *pipeline_take(struct pipeline *pipeline)
{
    redisReply *reply = NULL;

    if (redisGetReply(pipeline->redis, (void **)&reply) != REDIS_OK)
        die("redis: %s", pipeline->redis->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        die("redis: %s", reply->str);
    return reply;
}

void pipeline_call(struct pipeline *pipeline, const struct redis_command *command)
{
    pipeline_give(pipeline, command);
    freeReplyObject(pipeline_take(pipeline));
}

static bool is_settled(struct pipeline *pipeline)
{
    struct redis_command command;

    redis_command_init(&command, "INFO");
    redis_add(&command, STR("persistence"));
    pipeline_give(pipeline, &command);
    redisReply *reply = pipeline_take(pipeline);
    bool settled = strstr(reply->str, "aof_rewrite_in_progress:0") != NULL &&
                   strstr(reply->str, "aof_rewrite_scheduled:0") != NULL &&
                   strstr(reply->str, "aof_pending_bio_fsync:0") != NULL;
    freeReplyObject(reply);
    return settled;
}

void pipeline_settle(struct pipeline *pipeline)
{
    for (int looks = 0; looks < SETTLED_LOOKS; (void)usleep(LOOK_US))
        looks = is_settled(pipeline) ? looks + 1 : 0;
}
