/* The settings of the channels: base URLs and credentials. A daemon embeds struct channel_settings and puts
 * CHANNEL_SETTINGS(struct notification_settings, channels) among the rows of its table. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_SETTINGS_H
#define CHATAPP_NOTIFICATION_CHANNEL_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/settings.h"

enum smtp_tls { SMTP_TLS_REQUIRE, SMTP_TLS_TRY };

/* "" where nothing is set. */
struct channel_settings {
    const char *vapid_key;
    const char *vapid_subject;
    const char *telegram_url;
    const char *telegram_token;
    const char *fcm_url;
    const char *fcm_token_url;
    const char *fcm_service_account;
    const char *apns_url;
    const char *apns_key;
    const char *apns_key_id;
    const char *apns_team_id;
    const char *apns_topic;
    const char *smtp_url;
    const char *smtp_from;
    const char *smtp_user;
    const char *smtp_password;
    int64_t smtp_tls; /* enum smtp_tls */
};

#define CHANNEL_TEXT(daemon, member, field, name, preset, hidden, text)                            \
    {                                                                                              \
        .flag = name, .type = SETTING_TEXT, .offset = offsetof(daemon, member.field),              \
        .fallback = preset, .secret = hidden, .help = text                                         \
    }

#define CHANNEL_SETTINGS(daemon, member)                                                           \
    CHANNEL_TEXT(daemon, member, vapid_key, "vapid-key", "", true,                                 \
                 "webpush: P-256 private key in base64url; default: one that Redis keeps"),        \
        CHANNEL_TEXT(daemon, member, vapid_subject, "vapid-subject", "", false,                    \
                     "webpush: mailto: or https: URL by which push services reach the operator"),  \
        CHANNEL_TEXT(daemon, member, telegram_url, "telegram-url", "https://api.telegram.org",     \
                     false, "telegram: where the Bot API is"),                                     \
        CHANNEL_TEXT(daemon, member, telegram_token, "telegram-token", "", true,                   \
                     "telegram: the bot's token"),                                                 \
        CHANNEL_TEXT(daemon, member, fcm_url, "fcm-url", "https://fcm.googleapis.com", false,      \
                     "fcm: where the HTTP v1 API is"),                                             \
        CHANNEL_TEXT(daemon, member, fcm_token_url, "fcm-token-url", "", false,                    \
                     "fcm: where OAuth tokens come from; default: as the service account says"),   \
        CHANNEL_TEXT(daemon, member, fcm_service_account, "fcm-service-account", "", true,         \
                     "fcm: the service account's key, the JSON that Google gives out"),            \
        CHANNEL_TEXT(daemon, member, apns_url, "apns-url", "https://api.push.apple.com", false,    \
                     "apns: where the provider API is"),                                           \
        CHANNEL_TEXT(daemon, member, apns_key, "apns-key", "", true,                               \
                     "apns: the token signing key, the PEM (.p8) that Apple gives out"),           \
        CHANNEL_TEXT(daemon, member, apns_key_id, "apns-key-id", "", false, "apns: the key's id"), \
        CHANNEL_TEXT(daemon, member, apns_team_id, "apns-team-id", "", false,                      \
                     "apns: the team's id"),                                                       \
        CHANNEL_TEXT(daemon, member, apns_topic, "apns-topic", "", false,                          \
                     "apns: the app's bundle id"),                                                 \
        CHANNEL_TEXT(daemon, member, smtp_url, "smtp-url", "", false,                              \
                     "email: the mail server, smtp://host[:port] or smtps://host[:port]"),         \
        CHANNEL_TEXT(daemon, member, smtp_from, "smtp-from", "", false,                            \
                     "email: the sender's address"),                                               \
        CHANNEL_TEXT(daemon, member, smtp_user, "smtp-user", "", false,                            \
                     "email: the name to sign in with at the mail server"),                        \
        CHANNEL_TEXT(daemon, member, smtp_password, "smtp-password", "", true,                     \
                     "email: the password to sign in with"),                                       \
    {                                                                                              \
        .flag = "smtp-tls", .type = SETTING_CHOICE, .offset = offsetof(daemon, member.smtp_tls),   \
        .fallback = "require", .choices = "require|try",                                           \
        .help = "email: whether a mail may go without TLS to a server that has none"               \
    }

#endif
