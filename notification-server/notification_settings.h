/* The notification-server's settings. */
#ifndef CHATAPP_NOTIFICATION_NOTIFICATION_SETTINGS_H
#define CHATAPP_NOTIFICATION_NOTIFICATION_SETTINGS_H

#include "channel_settings.h"
#include "daemon/daemon.h"
#include "http/http_settings.h"

struct notification_settings {
    struct daemon_settings daemon;
    struct http_settings http;
    int64_t redis_connections;
    int64_t redis_timeout_ms;
    struct channel_settings channels;
};

extern const struct daemon_program NOTIFICATION_PROGRAM;

#endif
