#include "notification_settings.h"

#include "channel_env.h"

#define MS_PER_S 1000

#define INT_ROW(name, field, preset, least, most, text)                                            \
    {                                                                                              \
        .flag = name, .type = SETTING_INT,                                                         \
        .offset = offsetof(struct notification_settings, field), .fallback = preset, .min = least, \
        .max = most, .help = text                                                                  \
    }

static const struct setting ROWS[] = {
    HTTP_SETTINGS(struct notification_settings, http),
    INT_ROW("redis-connections", redis_connections, "16", 1, 1000, "Connections to Redis at most"),
    INT_ROW("redis-timeout-ms", redis_timeout_ms, "2000", 10, 60000,
            "Milliseconds that Redis may take"),
    INT_ROW("max-content-bytes", content_max, "16384", 1, 49152,
            "Bytes of a notification's title, body, event and data together"),
    INT_ROW("queue-max", queue_max, "1000000", 0, 1000000000,
            "Notifications that may wait to be delivered; more are refused; 0: any number"),
    INT_ROW("ttl-default-s", ttl_default_s, "86400", 1, 31536000,
            "Seconds after which a notification without ttl expires"),
    INT_ROW("ttl-max-s", ttl_max_s, "2419200", 1, 31536000, "Seconds that ttl may be"),
    INT_ROW("idempotency-s", idempotency_s, "86400", 1, 31536000,
            "Seconds for which an Idempotency-Key is remembered"),
    INT_ROW("status-retention-s", status_retention_s, "86400", 1, 31536000,
            "Seconds for which is told what became of a notification"),
    INT_ROW("dead-retention-s", dead_retention_s, "604800", 1, 31536000,
            "Seconds for which dead letters are kept"),
    INT_ROW("dead-max", dead_max, "100000", 0, 100000000,
            "Dead letters that are kept; 0: any number"),
    INT_ROW(
        "push-delay", push_delay_s, "3", 0, 86400,
        "Seconds that a chat message waits for a sign of a member's devices before it becomes a "
        "push"),
    {.flag = "push-preview",
     .type = SETTING_BOOL,
     .offset = offsetof(struct notification_settings, push_preview),
     .fallback = "true",
     .help = "Pushes of chat messages show the beginning of the text"},
    INT_ROW("push-ttl-s", push_ttl_s, "86400", 1, 31536000,
            "Seconds after which the push of a chat message expires"),
    INT_ROW("claim-after-ms", claim_after_ms, "15000", 200, 3600000,
            "Milliseconds of silence after which others take over what a server has in hand"),
    INT_ROW("deliveries-in-flight", in_flight_max, "1000", 1, 100000,
            "Deliveries under way at once"),
    INT_ROW("deliveries-per-channel", per_channel, "500", 1, 100000,
            "Deliveries under way at once, of one channel"),
    INT_ROW("deliveries-per-host", per_host, "32", 1, 100000,
            "Deliveries under way at once, to one host that users have named"),
    INT_ROW("delivery-connect-ms", connect_ms, "5000", 10, 600000,
            "Milliseconds that connecting to a provider may take"),
    INT_ROW("delivery-timeout-ms", timeout_ms, "10000", 10, 600000,
            "Milliseconds that a delivery may take"),
    INT_ROW("mail-timeout-ms", mail_timeout_ms, "60000", 10, 600000,
            "Milliseconds that a mail may take"),
    INT_ROW("retry-attempts", retry_attempts, "15", 1, 1000,
            "Attempts after which a delivery is given up: a dead letter"),
    INT_ROW("retry-first-ms", retry_first_ms, "2000", 1, 86400000,
            "Milliseconds until the second attempt, at most; each further wait is twice as long"),
    INT_ROW("retry-longest-ms", retry_longest_ms, "3600000", 1, 86400000,
            "Milliseconds between two attempts at most"),
    INT_ROW("retry-after-max-s", retry_after_max_s, "7200", 0, 86400,
            "Seconds that a provider may ask for with Retry-After"),
    INT_ROW("breaker-failures", breaker_failures, "5", 0, 1000000,
            "Failures in a row after which a host is left alone for a while; 0: never"),
    INT_ROW("breaker-first-ms", breaker_first_ms, "2000", 1, 86400000,
            "Milliseconds of that while; each time in a row it is twice as long"),
    INT_ROW("breaker-longest-ms", breaker_longest_ms, "60000", 1, 86400000,
            "Milliseconds of it at most"),
    {.flag = "allow-private-urls",
     .type = SETTING_BOOL,
     .offset = offsetof(struct notification_settings, allow_private_urls),
     .fallback = "false",
     .help = "URLs of users may lead to private and loopback addresses"},
    {.flag = "tls-ca-file",
     .type = SETTING_TEXT,
     .offset = offsetof(struct notification_settings, tls_ca_file),
     .fallback = "",
     .help = "Certificates to trust, PEM; default: the system's"},
    CHANNEL_SETTINGS(struct notification_settings, channels),
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
