#include "notification_settings.h"

#include "channel_env.h"

#define MS_PER_S 1000

#define OURS struct notification_settings

static const struct setting ROWS[] = {
    HTTP_SETTINGS(OURS, http),
    INT_SETTING(OURS, "redis-connections", redis_connections, "16", 1, 1000,
                "Connections to Redis at most"),
    INT_SETTING(OURS, "redis-timeout-ms", redis_timeout_ms, "2000", 10, 60000,
                "Milliseconds that Redis may take"),
    INT_SETTING(OURS, "max-content-bytes", content_max, "16384", 1, 49152,
                "Bytes of a notification's title, body, event and data together"),
    INT_SETTING(OURS, "queue-max", queue_max, "1000000", 0, 1000000000,
                "Notifications that may wait to be delivered; more are refused; 0: any number"),
    INT_SETTING(OURS, "ttl-default-s", ttl_default_s, "86400", 1, 31536000,
                "Seconds after which a notification without ttl expires"),
    INT_SETTING(OURS, "ttl-max-s", ttl_max_s, "2419200", 1, 31536000, "Seconds that ttl may be"),
    INT_SETTING(OURS, "idempotency-s", idempotency_s, "86400", 1, 31536000,
                "Seconds for which an Idempotency-Key is remembered"),
    INT_SETTING(OURS, "status-retention-s", status_retention_s, "86400", 1, 31536000,
                "Seconds for which is told what became of a notification"),
    INT_SETTING(OURS, "dead-retention-s", dead_retention_s, "604800", 1, 31536000,
                "Seconds for which dead letters are kept"),
    INT_SETTING(OURS, "dead-max", dead_max, "100000", 0, 100000000,
                "Dead letters that are kept; 0: any number"),
    INT_SETTING(
        OURS, "push-delay", push_delay_s, "3", 0, 86400,
        "Seconds that a chat message waits for a sign of a member's devices before it becomes a "
        "push"),
    BOOL_SETTING(OURS, "push-preview", push_preview, "true",
                 "Pushes of chat messages show the beginning of the text"),
    INT_SETTING(OURS, "push-ttl-s", push_ttl_s, "86400", 1, 31536000,
                "Seconds after which the push of a chat message expires"),
    INT_SETTING(OURS, "claim-after-ms", claim_after_ms, "15000", 200, 3600000,
                "Milliseconds of silence after which others take over what a server has in hand"),
    INT_SETTING(OURS, "deliveries-in-flight", in_flight_max, "1000", 1, 100000,
                "Deliveries under way at once"),
    INT_SETTING(OURS, "deliveries-per-channel", per_channel, "500", 1, 100000,
                "Deliveries under way at once, of one channel"),
    INT_SETTING(OURS, "deliveries-per-host", per_host, "32", 1, 100000,
                "Deliveries under way at once, to one host that users have named"),
    INT_SETTING(OURS, "delivery-connect-ms", connect_ms, "5000", 10, 600000,
                "Milliseconds that connecting to a provider may take"),
    INT_SETTING(OURS, "delivery-timeout-ms", timeout_ms, "10000", 10, 600000,
                "Milliseconds that a delivery may take"),
    INT_SETTING(OURS, "mail-timeout-ms", mail_timeout_ms, "60000", 10, 600000,
                "Milliseconds that a mail may take"),
    INT_SETTING(OURS, "retry-attempts", retry_attempts, "15", 1, 1000,
                "Attempts after which a delivery is given up: a dead letter"),
    INT_SETTING(
        OURS, "retry-first-ms", retry_first_ms, "2000", 1, 86400000,
        "Milliseconds until the second attempt, at most; each further wait is twice as long"),
    INT_SETTING(OURS, "retry-longest-ms", retry_longest_ms, "3600000", 1, 86400000,
                "Milliseconds between two attempts at most"),
    INT_SETTING(OURS, "retry-after-max-s", retry_after_max_s, "7200", 0, 86400,
                "Seconds that a provider may ask for with Retry-After"),
    INT_SETTING(OURS, "breaker-failures", breaker_failures, "5", 0, 1000000,
                "Failures in a row after which a host is left alone for a while; 0: never"),
    INT_SETTING(OURS, "breaker-first-ms", breaker_first_ms, "2000", 1, 86400000,
                "Milliseconds of that while; each time in a row it is twice as long"),
    INT_SETTING(OURS, "breaker-longest-ms", breaker_longest_ms, "60000", 1, 86400000,
                "Milliseconds of it at most"),
    BOOL_SETTING(OURS, "allow-private-urls", allow_private_urls, "false",
                 "URLs of users may lead to private and loopback addresses"),
    TEXT_SETTING(OURS, "tls-ca-file", tls_ca_file, "",
                 "Certificates to trust, PEM; default: the system's"),
    CHANNEL_SETTINGS(OURS, channels),
};

static enum err check(const void *settings, struct buf *why)
{
    const struct notification_settings *s = settings;
    struct channel_env *env;
    enum err err = channel_env_open(&s->channels, &env, why);

    if (err == OK)
        channel_env_close(&env);
    return err;
}

const struct daemon_program NOTIFICATION_PROGRAM = {
    .name = "notification-server",
    .summary = "notifications to people's devices",
    .own = {ROWS, sizeof ROWS / sizeof ROWS[0]},
    .env_prefix = "NOTIFY",
    .default_port = "8082",
    .kind = "notification",
    .scheme = "http",
    .path = "",
    .check = check,
};

struct notify_keep notification_settings_keep(const struct notification_settings *settings)
{
    return (struct notify_keep){settings->status_retention_s * MS_PER_S,
                                settings->dead_retention_s * MS_PER_S, settings->dead_max};
}
