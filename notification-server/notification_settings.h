/* The notification-server's settings. */
#ifndef CHATAPP_NOTIFICATION_NOTIFICATION_SETTINGS_H
#define CHATAPP_NOTIFICATION_NOTIFICATION_SETTINGS_H

#include "channel_settings.h"
#include "daemon/daemon.h"
#include "http/http_settings.h"
#include "store/notification.h"

struct notification_settings {
    struct daemon_settings daemon;
    struct http_settings http;
    int64_t redis_connections;
    int64_t redis_timeout_ms;
    int64_t content_max;
    int64_t queue_max;
    int64_t ttl_default_s;
    int64_t ttl_max_s;
    int64_t idempotency_s;
    int64_t status_retention_s;
    int64_t dead_retention_s;
    int64_t dead_max;
    int64_t push_delay_s;
    bool push_preview;
    int64_t push_ttl_s;
    int64_t claim_after_ms;
    int64_t in_flight_max;
    int64_t per_channel;
    int64_t per_host;
    int64_t connect_ms;
    int64_t timeout_ms;
    int64_t mail_timeout_ms;
    int64_t retry_attempts;
    int64_t retry_first_ms;
    int64_t retry_longest_ms;
    int64_t retry_after_max_s;
    int64_t breaker_failures;
    int64_t breaker_first_ms;
    int64_t breaker_longest_ms;
    bool allow_private_urls;
    const char *tls_ca_file; /* "": the system's */
    struct channel_settings channels;
};

extern const struct daemon_program NOTIFICATION_PROGRAM;

struct notify_keep notification_settings_keep(const struct notification_settings *settings);

#endif
