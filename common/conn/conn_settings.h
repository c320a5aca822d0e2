/* The settings that every daemon with a WebSocket server has. A daemon embeds struct conn_settings in its own and puts
 * CONN_SETTINGS(struct chat_settings, conn) among the rows of its table. All limits are those of one process. */
#ifndef CHATAPP_CONN_CONN_SETTINGS_H
#define CHATAPP_CONN_CONN_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/settings.h"

struct conn_settings {
    const char *allowed_origins;
    int64_t rate_frames; /* a minute and connection */
    int64_t max_connections;
    int64_t max_connections_per_user;
    int64_t max_connections_per_address;
    int64_t auth_timeout_s;
    int64_t ping_interval_s;
    int64_t queue_max_kib;
    int64_t redis_timeout_ms;
    int64_t redis_in_flight_max;
};

#define CONN_SETTING(daemon, member, field, name, preset, least, most, text)                       \
    {                                                                                              \
        .flag = name, .type = SETTING_INT, .offset = offsetof(daemon, member.field),               \
        .fallback = preset, .min = least, .max = most, .help = text                                \
    }

#define CONN_SETTINGS(daemon, member)                                                              \
    {.flag = "allowed-origins",                                                                    \
     .type = SETTING_TEXT,                                                                         \
     .offset = offsetof(daemon, member.allowed_origins),                                           \
     .fallback = "",                                                                               \
     .help = "origins of pages that may connect, with commas; empty: the same host name; *: any"}, \
        CONN_SETTING(daemon, member, rate_frames, "rate-frames", "60000", 0, 60000000,             \
                     "frames other than messages a minute and connection; 0: no limit"),           \
        CONN_SETTING(daemon, member, max_connections, "max-connections", "19000", 0, 10000000,     \
                     "connections of a process; keep it below the open-file limit; 0: no limit"),  \
        CONN_SETTING(daemon, member, max_connections_per_user, "max-connections-per-user", "100",  \
                     0, 1000000, "connections of one user to a process; 0: no limit"),             \
        CONN_SETTING(daemon, member, max_connections_per_address, "max-connections-per-address",   \
                     "4096", 0, 10000000,                                                          \
                     "connections from one IP address to a process; 0: no limit"),                 \
        CONN_SETTING(daemon, member, auth_timeout_s, "auth-timeout-s", "5", 1, 300,                \
                     "seconds to sign in after connecting"),                                       \
        CONN_SETTING(                                                                              \
            daemon, member, ping_interval_s, "ping-interval-s", "30", 1, 3600,                     \
            "seconds of silence before a ping; after twice that the connection is closed"),        \
        CONN_SETTING(daemon, member, queue_max_kib, "queue-max-kib", "4096", 64, 1048576,          \
                     "KiB that may wait for one connection; a slower reader is closed with 4001"), \
        CONN_SETTING(daemon, member, redis_timeout_ms, "redis-timeout-ms", "3000", 100, 60000,     \
                     "milliseconds until a Redis that does not answer counts as away"),            \
        CONN_SETTING(daemon, member, redis_in_flight_max, "redis-in-flight-max", "20000", 4096,    \
                     10000000,                                                                     \
                     "commands on the way to Redis at once; more are refused as unavailable")

#endif
