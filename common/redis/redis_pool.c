/* Each thread takes a connection, has it for itself, and gives it back. Idle ones are a stack: the one used
 * last is taken first, so that in quiet times few are in use. An idle connection that Redis has closed
 * meanwhile is found by looking at its socket before it is used, not by writing to it: after a failed write
 * nobody knows whether the command ran. */
#include "redis/redis_pool.h"

#include <pthread.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "redis/redis_connection.h"
#include "redis/redis_errors.h"
#include "redis/redis_metrics.h"

#define FAIL_FAST_MS 250
#define MS_PER_S 1000
#define NS_PER_MS 1000000

static struct pool {
    bool open;
    struct redis_url url;
    struct redis_pool_options options;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t given_back;
    struct redis_connection *idle;
    size_t places;         /* taken: idle, in use, or being connected */
    size_t n_lost;         /* thrown away and not replaced yet */
    int64_t fail_until_ms; /* after a failure to connect */
    struct redis_errors errors;
} pool;

static void lock(void)
{
    CHECK(pthread_mutex_lock(&pool.lock) == 0);
}

static void unlock(void)
{
    CHECK(pthread_mutex_unlock(&pool.lock) == 0);
}

static void note(str why, const char *name)
{
    lock();
    (void)redis_errors_note(&pool.errors, why, name, clock_mono_ms());
    unlock();
}

static void note_failure(const struct redis_connection *c)
{
    note(str_of(c->why), c->why_name);
}

static struct timespec after_ms(int ms)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / MS_PER_S;
    t.tv_nsec += (long)(ms % MS_PER_S) * NS_PER_MS;
    if (t.tv_nsec >= MS_PER_S * NS_PER_MS) {
        t.tv_sec++;
        t.tv_nsec -= MS_PER_S * NS_PER_MS;
    }
    return t;
}

/* A place in the pool, and the idle connection that was on it (or NULL). False: none in time. */
static bool take_place(struct redis_connection **idle_out)
{
    struct timespec deadline = after_ms(pool.options.timeout_ms);
    size_t max = pool.options.connections_max;
    int wait = 0;

    lock();
    while (pool.idle == NULL && pool.places == max && wait == 0)
        wait = pthread_cond_timedwait(&pool.given_back, &pool.lock, &deadline);
    struct redis_connection *c = pool.idle;
    bool taken = c != NULL || pool.places < max;
    if (c != NULL)
        pool.idle = c->next;
    else if (taken)
        pool.places++;
    unlock();
    *idle_out = c;
    return taken;
}

/* `c` becomes idle; NULL: its place becomes free. */
static void leave_place(struct redis_connection *c)
{
    lock();
    if (c != NULL) {
        c->next = pool.idle;
        pool.idle = c;
    } else {
        pool.places--;
    }
    (void)pthread_cond_signal(&pool.given_back);
    unlock();
}

static void throw_away(struct redis_connection *c)
{
    redis_connection_close(c);
    metric_add(&REDIS_METRICS.connected, -1);
    lock();
    pool.n_lost++;
    unlock();
}

static bool failed_a_moment_ago(void)
{
    lock();
    bool failed = clock_mono_ms() < pool.fail_until_ms;
    unlock();
    return failed;
}

static void count_attempt(bool connected)
{
    bool again = false;

    lock();
    if (!connected)
        pool.fail_until_ms = clock_mono_ms() + FAIL_FAST_MS;
    else if ((again = pool.n_lost > 0))
        pool.n_lost--;
    unlock();
    metric_add(&REDIS_METRICS.connected, connected);
    metric_add(&REDIS_METRICS.reconnects, again);
}

static struct redis_connection *connect_one(void)
{
    bool connected;

    if (failed_a_moment_ago())
        return NULL;
    struct redis_connection *c =
        redis_connection_open(&pool.url, pool.options.timeout_ms, &connected);
    count_attempt(connected);
    if (connected)
        return c;
    note_failure(c);
    redis_connection_close(c);
    return NULL;
}

static struct redis_connection *borrow(void)
{
    struct redis_connection *c;

    CHECK(pool.open);
    if (!take_place(&c)) {
        note(STR("no free connection in time"), "pool");
        return NULL;
    }
    if (c != NULL && !redis_connection_is_quiet(c)) {
        throw_away(c);
        c = NULL;
    }
    if (c == NULL)
        c = connect_one();
    if (c == NULL)
        leave_place(NULL);
    return c;
}

static void give_back(struct redis_connection *c, bool sound)
{
    if (!sound) {
        throw_away(c);
        c = NULL;
    }
    leave_place(c);
}

void redis_pool_open(const struct redis_url *url, const struct redis_pool_options *options)
{
    pthread_condattr_t monotonic;

    CHECK(!pool.open && options->connections_max > 0 && options->timeout_ms > 0);
    redis_metrics_register();
    pool = (struct pool){.open = true, .url = *url, .options = *options};
    CHECK(pthread_mutex_init(&pool.lock, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&pool.given_back, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
}

void redis_pool_close(void)
{
    struct redis_connection *c;

    CHECK(pool.open);
    while ((c = pool.idle) != NULL) {
        pool.idle = c->next;
        pool.places--;
        throw_away(c);
    }
    CHECK(pool.places == 0);
    (void)pthread_cond_destroy(&pool.given_back);
    (void)pthread_mutex_destroy(&pool.lock);
    pool.open = false;
}

static bool accept_replies(const struct redis_command *commands, size_t n,
                           struct redisReply *const *replies)
{
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        if (!reply_is_error(replies[i]))
            continue;
        metric_add(&REDIS_METRICS.errors, 1);
        note(reply_str(replies[i]), commands[i].name);
        good = false;
    }
    return good;
}

enum err redis_pipeline(const struct redis_command *commands, size_t n,
                        struct redisReply **replies_out)
{
    struct redis_connection *c = borrow();

    if (c == NULL)
        return ERR_UNAVAILABLE;
    bool answered = redis_connection_exchange(c, commands, n, replies_out);
    bool sound = answered && redis_connection_retry_scripts(c, commands, n, replies_out);
    if (!sound)
        note_failure(c);
    bool good = sound && accept_replies(commands, n, replies_out);
    give_back(c, good);
    for (size_t i = 0; answered && !good && i < n; i++)
        reply_free(replies_out[i]);
    return good ? OK : ERR_UNAVAILABLE;
}

enum err redis_call(const struct redis_command *command, struct redisReply **reply_out)
{
    return redis_pipeline(command, 1, reply_out);
}

enum err redis_ping(void)
{
    struct redis_command ping;
    struct redisReply *pong;

    redis_command_init(&ping, "PING");
    enum err err = redis_call(&ping, &pong);
    if (err == OK)
        reply_free(pong);
    return err;
}
