/* How late an event loop is: by so much, of late and on average, a timer fires after its time. Costs a wake-up each
 * 100 ms. Also the metric chatapp_loop_lag_seconds. */
#ifndef CHATAPP_WS_LOOP_LAG_H
#define CHATAPP_WS_LOOP_LAG_H

#include <uv.h>

struct loop_lag {
    uv_timer_t timer;
    int64_t due_us;
    int64_t mean_us;
};

void loop_lag_init(struct loop_lag *lag, uv_loop_t *loop);
void loop_lag_close(struct loop_lag *lag);
int64_t loop_lag_ms(const struct loop_lag *lag);

#endif
