#include "redis/redis_connection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <hiredis/hiredis.h>

#include "base/check.h"
#include "base/mem.h"
#include "redis/redis_errors.h"
#include "redis/redis_metrics.h"
#include "redis/redis_sign_in.h"

#define MS_PER_S 1000
#define US_PER_MS 1000

static bool failed(struct redis_connection *c, str why, const char *name)
{
    (void)snprintf(c->why, sizeof c->why, "%.*s", STR_ARG(why));
    c->why_name = name;
    return false;
}

/* On the socket; errno is still the failed call's. */
static bool socket_failed(struct redis_connection *c, const char *name)
{
    bool late = c->redis->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);

    return failed(c, late ? STR("no reply in time") : str_of(c->redis->errstr), name);
}

/* Sends c->out, which holds these commands, and takes their replies. */
static bool talk(struct redis_connection *c, const struct redis_command *commands, size_t n,
                 struct redisReply **replies_out)
{
    size_t got = 0;

    CHECK(redisAppendFormattedCommand(c->redis, c->out.p, c->out.n) == REDIS_OK);
    metric_add(&REDIS_METRICS.commands, (int64_t)n);
    metric_add(&REDIS_METRICS.in_flight, (int64_t)n);
    while (got < n && redisGetReply(c->redis, (void **)&replies_out[got]) == REDIS_OK)
        got++;
    bool all = got == n || socket_failed(c, commands[got].name);
    metric_add(&REDIS_METRICS.in_flight, -(int64_t)n);
    while (!all && got > 0)
        reply_free(replies_out[--got]);
    return all;
}

bool redis_connection_exchange(struct redis_connection *c, const struct redis_command *commands,
                               size_t n, struct redisReply **replies_out)
{
    buf_clear(&c->out);
    for (size_t i = 0; i < n; i++)
        redis_command_format(&commands[i], false, &c->out);
    return talk(c, commands, n, replies_out);
}

static bool is_unknown_script(const struct redis_command *command, const struct redisReply *reply)
{
    return command->script != NULL && reply_is_error(reply) &&
           redis_error_is(reply_str(reply), STR("NOSCRIPT"));
}

bool redis_connection_retry_scripts(struct redis_connection *c,
                                    const struct redis_command *commands, size_t n,
                                    struct redisReply **replies)
{
    for (size_t i = 0; i < n; i++) {
        struct redisReply *again;
        if (!is_unknown_script(&commands[i], replies[i]))
            continue;
        buf_clear(&c->out);
        redis_command_format(&commands[i], true, &c->out);
        if (!talk(c, &commands[i], 1, &again))
            return false;
        reply_free(replies[i]);
        replies[i] = again;
    }
    return true;
}

/* Hiredis takes a signal that comes while it waits for the connection for a failure. */
static redisContext *connect_undisturbed(const struct redis_url *url, struct timeval timeout)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    redisContext *redis = url->host[0] != '\0'
                              ? redisConnectWithTimeout(url->host, url->port, timeout)
                              : redisConnectUnixWithTimeout(url->path, timeout);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    CHECK(redis != NULL); /* no memory */
    return redis;
}

static bool greet(struct redis_connection *c, const struct redis_command *command)
{
    struct redisReply *reply;

    if (!redis_connection_exchange(c, command, 1, &reply))
        return false;
    bool welcome = !reply_is_error(reply) || failed(c, reply_str(reply), command->name);
    reply_free(reply);
    return welcome;
}

/* PING comes last: a Redis that is loading or does not answer is no connection. */
static bool sign_in(struct redis_connection *c, const struct redis_url *url)
{
    struct redis_command commands[REDIS_SIGN_IN_MAX];
    struct redis_command ping;
    size_t n = redis_sign_in(url, commands);

    for (size_t i = 0; i < n; i++)
        if (!greet(c, &commands[i]))
            return false;
    redis_command_init(&ping, "PING");
    return greet(c, &ping);
}

struct redis_connection *redis_connection_open(const struct redis_url *url, int timeout_ms,
                                               bool *connected_out)
{
    struct redis_connection *c = mem_zalloc(sizeof *c);
    struct timeval timeout = {.tv_sec = timeout_ms / MS_PER_S,
                              .tv_usec = timeout_ms % MS_PER_S * US_PER_MS};

    c->redis = connect_undisturbed(url, timeout);
    if (c->redis->err != 0 || redisSetTimeout(c->redis, timeout) != REDIS_OK)
        *connected_out = failed(c, str_of(c->redis->errstr), "connect");
    else
        *connected_out = sign_in(c, url);
    return c;
}

void redis_connection_close(struct redis_connection *c)
{
    redisFree(c->redis);
    buf_fini(&c->out);
    free(c);
}

bool redis_connection_is_quiet(const struct redis_connection *c)
{
    char byte;
    ssize_t n = recv(c->redis->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}
