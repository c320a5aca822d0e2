/* The chat-server's settings: the common ones and its own. */
#ifndef CHATAPP_CHAT_SETTINGS_H
#define CHATAPP_CHAT_SETTINGS_H

#include "daemon/daemon.h"

struct chat_settings {
    struct daemon_settings common; /* first: daemon_start() fills it */
    int64_t workers;               /* SETTING_WORD: as many as there are cores */
    const char *allowed_origins;
    int64_t rate_send;       /* messages a minute and user */
    int64_t rate_frames;     /* other frames a minute and connection */
    int64_t max_connections; /* of one worker, as are all limits */
    int64_t max_connections_per_user;
    int64_t max_connections_per_address;
    int64_t auth_timeout_s;
    int64_t ping_interval_s;
    int64_t queue_max_kib;
    int64_t id_memory_h;
    int64_t redis_timeout_ms;
    int64_t redis_in_flight_max;
};

extern const struct daemon_program CHAT_PROGRAM;

#endif
