#include "api_settings.h"

#include "base/buf.h"

#define INT_ROW(...) INT_SETTING(struct api_settings, __VA_ARGS__)
#define TEXT_ROW(...) TEXT_SETTING(struct api_settings, __VA_ARGS__)
#define BOOL_ROW(...) BOOL_SETTING(struct api_settings, __VA_ARGS__)

static const struct setting ROWS[] = {
    HTTP_SETTINGS(struct api_settings, http),
    TEXT_ROW("data-dir", data_dir, "var", "Directory for what is kept on disk"),
    TEXT_ROW("signing-key-file", signing_key_file, "",
             "Private keys of access tokens, made when missing; default: signing-key in the data "
             "directory"),
    INT_ROW("redis-connections", redis_connections, "32", 1, 1000, "Connections to Redis at most"),
    INT_ROW("redis-timeout-ms", redis_timeout_ms, "2000", 10, 60000,
            "Milliseconds that Redis may take"),
    INT_ROW("access-token-s", access_token_s, "900", 1, 86400,
            "Seconds that an access token is good"),
    INT_ROW("refresh-token-days", refresh_token_days, "30", 1, 3650,
            "Days that an unused session stays"),
    INT_ROW("refresh-repeat-s", refresh_repeat_s, "120", 0, 3600,
            "Seconds for which a refresh with an Idempotency-Key may be repeated; 0: not at all"),
    INT_ROW("max-sessions-per-user", sessions_max, "50", 0, 10000,
            "Sessions of a user; one more ends the oldest; 0: any number"),
    INT_ROW("password-hash-memory-kib", password_memory_kib, "65536", 8, 4194304,
            "KiB that hashing a password takes"),
    INT_ROW("password-hash-passes", password_passes, "2", 1, 100,
            "Passes that hashing a password takes"),
    INT_ROW("password-threads", password_threads, "2", 1, 64, "Threads that hash passwords"),
    INT_ROW("password-queue", password_queue, "64", 1, 10000,
            "Requests that may wait for one of these"),
    INT_ROW("rate-signup", rate_signup, "60", 0, 1000000,
            "Sign-ups a minute and address; 0: any number"),
    INT_ROW("rate-login", rate_login, "60", 0, 1000000,
            "Logins a minute and address, and failed ones a minute and account; 0: any number"),
    INT_ROW("rate-rooms", rate_rooms, "6000", 0, 1000000,
            "Rooms made a minute and user; 0: any number"),
    INT_ROW("max-room-members", room_members_max, "10000", 0, 1000000,
            "Members of a room; 0: any number"),
    INT_ROW("retention-messages", retention_messages, "0", 0, 1000000000,
            "Messages of a conversation that are kept, the newest; 0: all"),
    INT_ROW("retention-days", retention_days, "0", 0, 36500,
            "Days that messages are kept; 0: for ever"),
    INT_ROW("rate-contacts", rate_contacts, "600", 0, 1000000,
            "Changes to contacts and blocks a minute and user; 0: any number"),
    INT_ROW("max-contacts", contacts_max, "1000", 0, 100000,
            "Contacts that a user may add; 0: any number"),
    INT_ROW("max-contact-requests", contact_requests_max, "1000", 0, 100000,
            "Requests of others that may wait for a user's answer; 0: any number"),
    INT_ROW("max-blocks", blocks_max, "1000", 0, 100000,
            "Users that a user may block; 0: any number"),
    INT_ROW("max-devices-per-user", devices_max, "50", 0, 10000,
            "Devices of a user that pushes go to; 0: any number"),
    BOOL_ROW("allow-private-urls", allow_private_urls, "false",
             "Devices may have URLs of private networks; the notification-server needs it too"),
    INT_ROW("account-cache-entries", account_cache_entries, "10000", 1, 10000000,
            "Users kept in memory"),
    BOOL_ROW("web-client", web_client, "true", "Serve the web client at /"),
    INT_ROW("page-cache-mib", page_cache_mib, "32", 1, 65536,
            "MiB of message pages kept in memory"),
    INT_ROW("gateway-threads", gateway_threads, "16", 1, 1024,
            "Requests passed on to notification-servers at once"),
    INT_ROW("gateway-queue", gateway_queue, "64", 1, 100000, "Requests that may wait for that"),
    INT_ROW("gateway-connect-ms", gateway_connect_ms, "1000", 10, 60000,
            "Milliseconds that connecting to one may take"),
    INT_ROW("gateway-timeout-ms", gateway_timeout_ms, "8000", 10, 600000,
            "Milliseconds that one may take to answer"),
};

const struct daemon_program API_PROGRAM = {
    .name = "api-server",
    .summary = "accounts, contacts and conversations over HTTP",
    .own = {ROWS, sizeof ROWS / sizeof ROWS[0]},
    .env_prefix = "API",
    .default_port = "8080",
    .kind = "api",
    .scheme = "http",
    .path = "",
};

char *api_settings_key_path(const struct api_settings *settings)
{
    struct buf path = {0};
    size_t n;

    if (settings->signing_key_file[0] != '\0')
        buf_add_str(&path, str_of(settings->signing_key_file));
    else
        buf_printf(&path, "%s/signing-key", settings->data_dir);
    buf_add_char(&path, '\0');
    return buf_take(&path, &n);
}
