#include "base/rate.h"

#define MINUTE_US INT64_C(60000000)

bool rate_allow(struct rate *rate, int64_t per_minute, int64_t now_us)
{
    if (per_minute == 0)
        return true;
    int64_t step_us = MINUTE_US / per_minute;
    int64_t from_us = rate->due_us > now_us ? rate->due_us : now_us;
    if (from_us + step_us > now_us + MINUTE_US)
        return false;
    rate->due_us = from_us + step_us;
    return true;
}
