#include "notification_settings.h"

#include "channel_env.h"

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
