/* What the tests of the asynchronous Redis client and subscriber share: a loop that is run until a condition
 * holds, and the table of scripts, which a daemon has from its build. */
#ifndef CHATAPP_INTEGRATION_REDIS_LOOP_H
#define CHATAPP_INTEGRATION_REDIS_LOOP_H

#include <uv.h>

#include "redis/redis_async.h"
#include "wait.h"

struct redis_loop {
    uv_loop_t uv;
    uv_timer_t wake; /* so that conditions are looked at while nothing happens */
};

static inline void redis_loop_woken(uv_timer_t *timer)
{
    (void)timer;
}

static inline void redis_loop_init(struct redis_loop *loop)
{
    if (uv_loop_init(&loop->uv) != 0 || uv_timer_init(&loop->uv, &loop->wake) != 0 ||
        uv_timer_start(&loop->wake, redis_loop_woken, 1, 1) != 0)
        fail_at(HERE, "no loop");
}

/* Everything on it has been closed; what libuv has to let go of is let go. */
static inline void redis_loop_fini(struct redis_loop *loop)
{
    uv_close((uv_handle_t *)&loop->wake, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) != 0)
        fail_at(HERE, "something on the loop was not closed");
}

#define RUN_UNTIL(loop, condition)                                                                 \
    do {                                                                                           \
        const int64_t run_deadline_ = clock_mono_ms() + PATIENCE_MS;                               \
        while (!(condition)) {                                                                     \
            if (clock_mono_ms() > run_deadline_)                                                   \
                fail_at(HERE, "ran in vain for: %s", #condition);                                  \
            (void)uv_run(&(loop)->uv, UV_RUN_ONCE);                                                \
        }                                                                                          \
    } while (0)

static inline void run_for_ms(struct redis_loop *loop, int ms)
{
    const int64_t end = clock_mono_ms() + ms;

    while (clock_mono_ms() < end)
        (void)uv_run(&loop->uv, UV_RUN_ONCE);
}

static inline struct redis_url url_of(const char *text)
{
    struct redis_url url;
    const char *why = NULL;

    if (redis_url_parse(str_of(text), &url, &why) != OK)
        fail_at(HERE, "%s: %s", text, why);
    return url;
}

#endif
