/* The states, and what moves a link from one to the next:
 *
 *   NEW ---> WAITING ---> RESOLVING ---> CONNECTING ---> GREETING ---> UP
 *             ^   |  (host name)  |       ^   |             |           |
 *             |   +-(address, path)-------+   |             |           |
 *             |                   |           |             |           |
 *             +-------------------+-----------+-------------+-----------+   hiredis noticed the loss
 *             |                               |             |           |
 *             +------------ FALLING <---------+-------------+-----------+   we dropped it
 *
 *   UP ---> LINGERING: for a while it only hears what was sent before.
 *   every state but NEW ---> CLOSED, from where nothing leads away.
 *
 * From CONNECTING to FALLING there is a hiredis context, which hiredis frees: on_gone() is called from within
 * that, once for each context, whoever wanted its end, and is the one place that forgets the pointer.
 * Within a callback of hiredis redisAsyncFree() only marks the context, so FALLING lasts until that callback
 * has returned; anywhere else it lasts no time. */
#include "redis/redis_link.h"

#include <stdio.h>

#include <sodium.h>

#include "base/check.h"
#include "daemon/log.h"
#include "redis/redis_metrics.h"
#include "redis/redis_reply.h"
#include "redis/redis_resolve.h"
#include "redis/redis_sign_in.h"
#include "redis/redis_uv.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
#define WHY_AGAIN_MS 30000 /* the same reason is logged that often */

#define BIT(state) (1U << (state))

static void on_timer(uv_timer_t *timer);

static void move(struct redis_link *link, enum link_state to)
{
    static const unsigned allowed[] = {
        [LINK_NEW] = BIT(LINK_WAITING),
        [LINK_WAITING] = BIT(LINK_RESOLVING) | BIT(LINK_CONNECTING),
        [LINK_RESOLVING] = BIT(LINK_CONNECTING) | BIT(LINK_WAITING),
        [LINK_CONNECTING] = BIT(LINK_GREETING) | BIT(LINK_FALLING) | BIT(LINK_WAITING),
        [LINK_GREETING] = BIT(LINK_UP) | BIT(LINK_FALLING) | BIT(LINK_WAITING),
        [LINK_UP] = BIT(LINK_FALLING) | BIT(LINK_WAITING) | BIT(LINK_LINGERING),
        [LINK_FALLING] = BIT(LINK_WAITING),
        [LINK_LINGERING] = 0,
        [LINK_CLOSED] = 0,
    };

    CHECK(to == LINK_CLOSED ? link->state != LINK_NEW && link->state != LINK_CLOSED
                            : (allowed[link->state] & BIT(to)) != 0);
    link->state = to;
}

static void start_timer(struct redis_link *link, int first_ms, int repeat_ms)
{
    CHECK(uv_timer_start(&link->timer, on_timer, (uint64_t)first_ms, (uint64_t)repeat_ms) == 0);
}

/* Between half of the back-off and all of it. */
static int next_delay_ms(struct redis_link *link)
{
    int half = link->backoff_ms / 2;
    int delay = half + (int)randombytes_uniform((uint32_t)half + 1);

    link->backoff_ms =
        link->backoff_ms * 2 < BACKOFF_MAX_MS ? link->backoff_ms * 2 : BACKOFF_MAX_MS;
    return delay;
}

/* Logged when it is news, else now and then. */
static void report(struct redis_link *link, const char *why)
{
    uint64_t now = uv_now(link->loop);

    if (strcmp(why, link->why) == 0 && now - link->why_ms < WHY_AGAIN_MS)
        return;
    (void)snprintf(link->why, sizeof link->why, "%s", why);
    link->why_ms = now;
    log_warn("redis unavailable", F_Z("connection", link->name), F_Z("reason", why));
}

/* There is no context any more, or there never was one: try again later. */
static void lost(struct redis_link *link, const char *why)
{
    bool was_up = link->was_up;

    link->was_up = false;
    report(link, why);
    move(link, LINK_WAITING);
    if (was_up && uv_now(link->loop) - link->up_since_ms >= BACKOFF_MAX_MS)
        link->backoff_ms = BACKOFF_MIN_MS;
    start_timer(link, next_delay_ms(link), 0);
    if (was_up) {
        metric_add(&REDIS_METRICS.connected, -1);
        link->events->down(link->owner);
    }
}

static void on_gone(void *context, const redisAsyncContext *ac)
{
    struct redis_link *link = context;
    char why[REDIS_LINK_WHY_MAX];

    link->ac = NULL;
    if (link->state == LINK_CLOSED)
        return;
    if (link->state == LINK_LINGERING) {
        redis_link_close(link);
        return;
    }
    if (link->state == LINK_FALLING)
        (void)snprintf(why, sizeof why, "%s", link->fall_why);
    else
        (void)snprintf(why, sizeof why, "%s", ac->c.err ? ac->c.errstr : "socket error");
    lost(link, why);
}

static void on_connected(const redisAsyncContext *ac, int status)
{
    struct redis_link *link = ac->data;
    struct redis_command commands[REDIS_SIGN_IN_MAX];

    if (status != REDIS_OK)
        return; /* on_gone() follows */
    move(link, LINK_GREETING);
    size_t n = redis_sign_in(&link->url, commands);
    for (size_t i = 0; i < n; i++)
        redis_link_greet(link, &commands[i], "OK");
    link->events->greet(link->owner);
}

/* To a numeric address, or to the Unix socket. */
static void connect_to(struct redis_link *link, const char *address)
{
    redisAsyncContext *ac = address[0] != '\0' ? redisAsyncConnect(address, link->url.port)
                                               : redisAsyncConnectUnix(link->url.path);
    CHECK(ac != NULL); /* no memory */
    move(link, LINK_CONNECTING);
    if (ac->err != 0 || !redis_uv_attach(ac, link->loop, on_gone, link)) {
        char why[REDIS_LINK_WHY_MAX];
        (void)snprintf(why, sizeof why, "%s", ac->err ? ac->errstr : "libuv refused the socket");
        redisAsyncFree(ac);
        lost(link, why);
        return;
    }
    link->ac = ac;
    ac->data = link;
    (void)redisAsyncSetConnectCallback(ac, on_connected);
}

static void on_resolved(void *context, const char *address, const char *why)
{
    struct redis_link *link = context;

    link->resolve = NULL;
    if (address == NULL)
        lost(link, why);
    else
        connect_to(link, address);
}

static void attempt(struct redis_link *link)
{
    const char *host = link->url.host;

    start_timer(link, link->attempt_ms, 0);
    if (host[0] == '\0' || redis_host_is_numeric(host)) {
        connect_to(link, host);
        return;
    }
    move(link, LINK_RESOLVING);
    link->resolve = redis_resolve_start(link->loop, host, link->attempt++, on_resolved, link);
}

/* A loop that stood still (a stopped process) has not read yet what came meanwhile, and must do so before
 * silence means anything. */
static void tick(struct redis_link *link)
{
    uint64_t now = uv_now(link->loop);
    bool stood_still = now - link->ticked_ms > 2 * (uint64_t)link->tick_ms;

    link->ticked_ms = now;
    link->tick_skipped = stood_still && !link->tick_skipped;
    if (!link->tick_skipped)
        link->events->tick(link->owner);
}

static void on_timer(uv_timer_t *timer)
{
    struct redis_link *link = timer->data;

    switch (link->state) {
    case LINK_WAITING: attempt(link); break;
    case LINK_RESOLVING:
        redis_resolve_cancel(&link->resolve);
        lost(link, "the host could not be resolved in time");
        break;
    case LINK_CONNECTING:
    case LINK_GREETING: redis_link_drop(link, STR("no answer in time")); break;
    case LINK_UP: tick(link); break;
    case LINK_LINGERING: redis_link_close(link); break;
    default: CHECK(false); /* no timer runs in the other states */
    }
}

void redis_link_open(struct redis_link *link)
{
    redis_metrics_register();
    link->backoff_ms = BACKOFF_MIN_MS;
    CHECK(uv_timer_init(link->loop, &link->timer) == 0);
    link->timer.data = link;
    move(link, LINK_WAITING);
    start_timer(link, 0, 0);
}

bool redis_link_send(struct redis_link *link, const struct redis_command *command,
                     redisCallbackFn *fn, void *context)
{
    if (link->state != LINK_UP && link->state != LINK_GREETING)
        return false;
    buf_clear(&link->out);
    redis_command_format(command, false, &link->out);
    /* Hiredis looks for more arguments beyond the last, with strchr(): hence the NUL. */
    const char *bytes = buf_cstr(&link->out);
    if (redisAsyncFormattedCommand(link->ac, fn, context, bytes, link->out.n) != REDIS_OK)
        return false;
    metric_add(&REDIS_METRICS.commands, 1);
    return true;
}

static void on_greeted(redisAsyncContext *ac, void *data, void *expected)
{
    const struct redisReply *reply = data;

    if (reply != NULL && !str_eq(reply_str(reply), str_of(expected)))
        redis_link_drop(ac->data, reply_is_error(reply) ? reply_str(reply) : STR("odd greeting"));
}

void redis_link_greet(struct redis_link *link, const struct redis_command *command,
                      const char *expected)
{
    (void)redis_link_send(link, command, on_greeted, (void *)(uintptr_t)expected);
}

void redis_link_up(struct redis_link *link)
{
    move(link, LINK_UP);
    log_info("redis connected", F_Z("connection", link->name));
    if (link->ever_up)
        metric_add(&REDIS_METRICS.reconnects, 1);
    metric_add(&REDIS_METRICS.connected, 1);
    link->ever_up = true;
    link->was_up = true;
    link->why[0] = '\0';
    link->up_since_ms = link->ticked_ms = uv_now(link->loop);
    start_timer(link, link->tick_ms, link->tick_ms);
}

void redis_link_drop(struct redis_link *link, str why)
{
    if (link->state == LINK_FALLING)
        return;
    move(link, LINK_FALLING);
    (void)uv_timer_stop(&link->timer);
    (void)snprintf(link->fall_why, sizeof link->fall_why, "%.*s", STR_ARG(why));
    redisAsyncFree(link->ac);
}

static void on_closed(uv_handle_t *handle)
{
    struct redis_link *link = handle->data;

    buf_fini(&link->out);
    link->events->closed(link->owner);
}

static void count_out(struct redis_link *link)
{
    if (link->was_up)
        metric_add(&REDIS_METRICS.connected, -1);
    link->was_up = false;
}

void redis_link_linger(struct redis_link *link, int ms)
{
    move(link, LINK_LINGERING);
    count_out(link);
    start_timer(link, ms, 0);
}

void redis_link_close(struct redis_link *link)
{
    move(link, LINK_CLOSED);
    count_out(link);
    redis_resolve_cancel(&link->resolve);
    uv_close((uv_handle_t *)&link->timer, on_closed);
    if (link->ac != NULL)
        redisAsyncFree(link->ac);
}
