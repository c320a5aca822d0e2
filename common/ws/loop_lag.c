#include "ws/loop_lag.h"

#include "base/clock.h"
#include "daemon/metrics.h"

#define PERIOD_MS 100
#define US_PER_MS 1000
#define WEIGHT 8 /* of the past: a change is half told after half a second */

static struct histogram lateness = {
    .name = "chatapp_loop_lag_seconds",
    .help = "By how much a timer of the event loop fires late",
};

/* Each round is timed from its start, so that one late round is not counted again in the next. */
static void begin_round(struct loop_lag *lag)
{
    lag->due_us = clock_mono_us() + PERIOD_MS * US_PER_MS;
}

/* libuv counts whole milliseconds from the start of the loop's turn, so it may be early by one. */
static void look(uv_timer_t *timer)
{
    struct loop_lag *lag = timer->data;
    int64_t late_us = clock_mono_us() - lag->due_us;

    if (late_us < 0)
        late_us = 0;
    histogram_observe_us(&lateness, late_us);
    lag->mean_us += (late_us - lag->mean_us) / WEIGHT;
    begin_round(lag);
    (void)uv_timer_start(timer, look, PERIOD_MS, 0);
}

/* The loop runs: what came before was the start, which is as slow as it is. */
static void begin(uv_timer_t *timer)
{
    begin_round(timer->data);
    (void)uv_timer_start(timer, look, PERIOD_MS, 0);
}

void loop_lag_init(struct loop_lag *lag, uv_loop_t *loop)
{
    histogram_register(&lateness);
    (void)uv_timer_init(loop, &lag->timer);
    lag->timer.data = lag;
    lag->mean_us = 0;
    (void)uv_timer_start(&lag->timer, begin, 0, 0);
}

void loop_lag_close(struct loop_lag *lag)
{
    uv_close((uv_handle_t *)&lag->timer, NULL);
}

int64_t loop_lag_ms(const struct loop_lag *lag)
{
    return lag->mean_us / US_PER_MS;
}
