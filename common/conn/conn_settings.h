/* The settings that every daemon with a WebSocket server has. A daemon embeds struct conn_settings in its own and puts
 * CONN_SETTINGS(struct chat_settings, conn) among the rows of its table. All limits are those of one process. */
#ifndef CHATAPP_CONN_CONN_SETTINGS_H
#define CHATAPP_CONN_CONN_SETTINGS_H

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

#define CONN_SETTINGS(daemon, member)                                                              \
    TEXT_SETTING(                                                                                  \
        daemon, "allowed-origins", member.allowed_origins, "",                                     \
        "Origins of pages that may connect, with commas; empty: the same host name; *: any"),      \
        INT_SETTING(daemon, "rate-frames", member.rate_frames, "60000", 0, 60000000,               \
                    "Frames other than messages a minute and connection; 0: no limit"),            \
        INT_SETTING(daemon, "max-connections", member.max_connections, "19000", 0, 10000000,       \
                    "Connections of a process; keep it below the open-file limit; 0: no limit"),   \
        INT_SETTING(daemon, "max-connections-per-user", member.max_connections_per_user, "100", 0, \
                    1000000, "Connections of one user to a process; 0: no limit"),                 \
        INT_SETTING(daemon, "max-connections-per-address", member.max_connections_per_address,     \
                    "4096", 0, 10000000,                                                           \
                    "Connections from one IP address to a process; 0: no limit"),                  \
        INT_SETTING(daemon, "auth-timeout-s", member.auth_timeout_s, "5", 1, 300,                  \
                    "Seconds to sign in after connecting"),                                        \
        INT_SETTING(                                                                               \
            daemon, "ping-interval-s", member.ping_interval_s, "30", 1, 3600,                      \
            "Seconds of silence before a ping; after twice that the connection is closed"),        \
        INT_SETTING(daemon, "queue-max-kib", member.queue_max_kib, "4096", 64, 1048576,            \
                    "KiB that may wait for one connection; a slower reader is closed with 4001"),  \
        INT_SETTING(daemon, "redis-timeout-ms", member.redis_timeout_ms, "3000", 100, 60000,       \
                    "Milliseconds until a Redis that does not answer counts as away"),             \
        INT_SETTING(daemon, "redis-in-flight-max", member.redis_in_flight_max, "20000", 4096,      \
                    10000000,                                                                      \
                    "Commands on the way to Redis at once; more are refused as unavailable")

#endif
