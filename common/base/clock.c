#include "base/clock.h"

#include <time.h>

#define MS_PER_S 1000
#define US_PER_S 1000000
#define NS_PER_MS 1000000
#define NS_PER_US 1000

int64_t clock_wall_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / MS_PER_S;
}
