#include "the_redis.h"

#include <signal.h>

#include "fail.h"
#include "fmt.h"
#include "redis/redis_pool.h"
#include "wait.h"

#define CONNECTIONS 2

struct redis_server the_redis;

static struct temp_dir dir;

int the_redis_start(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as daemons do */
    temp_dir_make(&dir);
    redis_server_start(&the_redis, &dir, true);
    return 0;
}

int the_redis_stop(void **state)
{
    (void)state;
    redis_server_stop(&the_redis);
    temp_dir_remove(&dir);
    return 0;
}

int the_redis_start_with_pool(void **state)
{
    const struct redis_pool_options options = {CONNECTIONS, PATIENCE_MS};
    struct redis_url url;
    const char *why;

    (void)the_redis_start(state);
    if (redis_url_parse(str_of(the_redis.url), &url, &why) != OK)
        fail_at(HERE, "%s: %s", the_redis.url, why);
    redis_pool_open(&url, &options);
    return 0;
}

int the_redis_stop_with_pool(void **state)
{
    redis_pool_close();
    return the_redis_stop(state);
}

struct redisReply *the_redis_call(const struct redis_command *c)
{
    struct redisReply *reply;

    if (redis_call(c, &reply) != OK)
        fail_at(HERE, "%s failed", c->name);
    return reply;
}

const char *the_redis_ask(const struct redis_command *c)
{
    struct redisReply *reply = the_redis_call(c);
    struct buf text = {0};

    if (reply_is_int(reply))
        buf_add_i64(&text, reply_int(reply));
    for (size_t i = 0; i < reply_count(reply); i++) {
        const struct redisReply *part = reply_at(reply, i);
        if (reply_is_int(part))
            buf_printf(&text, "%s%lld", i ? " " : "", (long long)reply_int(part));
        else
            buf_printf(&text, "%s%.*s", i ? " " : "", STR_ARG(reply_str(part)));
    }
    const char *kept = fmt("%s", buf_cstr(&text));
    buf_fini(&text);
    reply_free(reply);
    return kept;
}
