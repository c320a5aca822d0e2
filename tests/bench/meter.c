#include "meter.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "figures.h"
#include "process.h"

#define US_PER_S 1e6

static double own_cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

void meter_start(struct meter *meter)
{
    meter->server_s = process_cpu_s(meter->server_pids);
    meter->redis_s = process_cpu_s(meter->redis_pids);
    meter->own_s = own_cpu_s();
    meter->machine_s = machine_cpu_s();
    meter->start_us = clock_mono_us();
}

static void figure_each(const char *who, const char *unit, double cpu_s, double count)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s_cpu_us_per_%s", who, unit);
    figure(name, count > 0 ? cpu_s * US_PER_S / count : 0);
}

void meter_also(const struct meter *meter, const char *unit, double count)
{
    figure_each("server", unit, meter->server_s, count);
    figure_each("redis", unit, meter->redis_s, count);
    figure_each("both", unit, meter->server_s + meter->redis_s, count);
}

double meter_stop(struct meter *meter, const char *unit, double count)
{
    double elapsed_s = (double)(clock_mono_us() - meter->start_us) / US_PER_S;

    meter->server_s = process_cpu_s(meter->server_pids) - meter->server_s;
    meter->redis_s = process_cpu_s(meter->redis_pids) - meter->redis_s;
    meter->own_s = own_cpu_s() - meter->own_s;
    meter->machine_s = machine_cpu_s() - meter->machine_s;
    meter_also(meter, unit, count);
    figure("server_cpu_percent", 100 * meter->server_s / elapsed_s);
    figure("redis_cpu_percent", 100 * meter->redis_s / elapsed_s);
    figure("generator_cpu_percent", 100 * meter->own_s / elapsed_s);
    double others_s = meter->machine_s - meter->server_s - meter->redis_s - meter->own_s;
    figure("others_cpu_percent", others_s > 0 ? 100 * others_s / elapsed_s : 0);
    return elapsed_s;
}
