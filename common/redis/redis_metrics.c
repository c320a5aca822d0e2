#include "redis/redis_metrics.h"

#include <stdbool.h>

struct redis_metrics REDIS_METRICS = {
    .connected = {.name = "chatapp_redis_connected",
                  .help = "Connections to Redis that are signed in",
                  .kind = METRIC_GAUGE},
    .reconnects = {.name = "chatapp_redis_reconnects_total",
                   .help = "Connections to Redis made again after a loss",
                   .kind = METRIC_COUNTER},
    .commands = {.name = "chatapp_redis_commands_total",
                 .help = "Commands sent to Redis",
                 .kind = METRIC_COUNTER},
    .errors = {.name = "chatapp_redis_errors_total",
               .help = "Commands that Redis answered with an error",
               .kind = METRIC_COUNTER},
    .in_flight = {.name = "chatapp_redis_in_flight",
                  .help = "Commands sent to Redis and not answered yet",
                  .kind = METRIC_GAUGE},
};

void redis_metrics_register(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    metric_register(&REDIS_METRICS.connected);
    metric_register(&REDIS_METRICS.reconnects);
    metric_register(&REDIS_METRICS.commands);
    metric_register(&REDIS_METRICS.errors);
    metric_register(&REDIS_METRICS.in_flight);
}
