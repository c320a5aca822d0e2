/* What the measured processes cost while a bench counted. */
#ifndef CHATAPP_BENCH_METER_H
#define CHATAPP_BENCH_METER_H

#include <stdint.h>

struct meter {
    const char *server_pids; /* as for process_cpu_s(), both */
    const char *redis_pids;
    double server_s; /* CPU, these four: up to the start, or, once stopped, since */
    double redis_s;
    double own_s;
    double machine_s;
    int64_t start_us;
};

void meter_start(struct meter *meter);
/* Says, of the time since the start, server_, redis_ and both_cpu_us_per_UNIT for `count` units, server_, redis_,
 * generator_ and others_cpu_percent (of one core; the others disturb); returns how many seconds it was. */
double meter_stop(struct meter *meter, const char *unit, double count);
/* After that: the same CPU, for `count` of another unit. */
void meter_also(const struct meter *meter, const char *unit, double count);

#endif
