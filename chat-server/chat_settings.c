#include "chat_settings.h"

#include <stddef.h>

#include "daemon/workers.h"

#define ROW(flag_, type_, member, fallback_, min_, max_, help_)                                    \
    {                                                                                              \
        .flag = flag_, .type = type_, .offset = offsetof(struct chat_settings, member),            \
        .fallback = fallback_, .min = min_, .max = max_, .help = help_                             \
    }

static const struct setting ROWS[] = {
    {.flag = "workers",
     .type = SETTING_INT,
     .offset = offsetof(struct chat_settings, workers),
     .fallback = "1",
     .min = 1,
     .max = WORKERS_MAX,
     .word = "auto",
     .help = "processes on the one port, auto: one a core; every limit is each one's own"},
    ROW("allowed-origins", SETTING_TEXT, allowed_origins, "", 0, 0,
        "origins of pages that may connect, with commas; empty: the same host name; *: any"),
    ROW("rate-send", SETTING_INT, rate_send, "3000", 0, 60000000,
        "messages a minute and user to a worker; 0: no limit"),
    ROW("rate-frames", SETTING_INT, rate_frames, "60000", 0, 60000000,
        "other frames a minute and connection; 0: no limit"),
    ROW("max-connections", SETTING_INT, max_connections, "19000", 0, 10000000,
        "connections of a worker; keep it below the open-file limit; 0: no limit"),
    ROW("max-connections-per-user", SETTING_INT, max_connections_per_user, "100", 0, 1000000,
        "connections of one user to a worker; 0: no limit"),
    ROW("max-connections-per-address", SETTING_INT, max_connections_per_address, "4096", 0,
        10000000, "connections from one IP address to a worker; 0: no limit"),
    ROW("auth-timeout-s", SETTING_INT, auth_timeout_s, "5", 1, 300,
        "seconds to sign in after connecting"),
    ROW("ping-interval-s", SETTING_INT, ping_interval_s, "30", 1, 3600,
        "seconds of silence before a ping; after twice that the connection is closed"),
    ROW("queue-max-kib", SETTING_INT, queue_max_kib, "4096", 64, 1048576,
        "KiB that may wait for one connection; a slower reader is closed with 4001"),
    ROW("id-memory-h", SETTING_INT, id_memory_h, "72", 1, 8760,
        "hours for which a repeated message id is recognised"),
    ROW("redis-timeout-ms", SETTING_INT, redis_timeout_ms, "3000", 100, 60000,
        "milliseconds until a Redis that does not answer counts as away"),
    ROW("redis-in-flight-max", SETTING_INT, redis_in_flight_max, "20000", 4096, 10000000,
        "commands on the way to Redis at once; more are refused as unavailable"),
};

const struct daemon_program CHAT_PROGRAM = {
    .name = "chat-server",
    .summary = "ChatApp's WebSocket server for messages (/chat)",
    .own = {ROWS, sizeof ROWS / sizeof ROWS[0]},
    .env_prefix = "CHAT",
    .default_port = "8081",
};
