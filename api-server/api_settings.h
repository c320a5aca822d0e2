/* The api-server's settings. */
#ifndef CHATAPP_API_API_SETTINGS_H
#define CHATAPP_API_API_SETTINGS_H

#include "daemon/daemon.h"
#include "http/http_settings.h"

struct api_settings {
    struct daemon_settings daemon;
    struct http_settings http;
    const char *data_dir;
    const char *signing_key_file; /* "": in data_dir */
    int64_t redis_connections;
    int64_t redis_timeout_ms;
    int64_t access_token_s;
    int64_t refresh_token_days;
    int64_t refresh_repeat_s; /* 0: none is answered */
    int64_t sessions_max;
    int64_t password_memory_kib;
    int64_t password_passes;
    int64_t password_threads;
    int64_t password_queue;
    int64_t rate_signup;
    int64_t rate_login;
    int64_t rate_rooms;
    int64_t room_members_max;
    int64_t retention_messages; /* of each conversation; 0: all */
    int64_t retention_days;     /* 0: for ever */
    int64_t rate_contacts;
    int64_t contacts_max;
    int64_t contact_requests_max;
    int64_t blocks_max;
    int64_t devices_max;
    bool allow_private_urls;
    int64_t account_cache_entries;
    int64_t page_cache_mib;
    int64_t gateway_threads;
    int64_t gateway_queue;
    int64_t gateway_connect_ms;
    int64_t gateway_timeout_ms;
    bool web_client;
};

extern const struct daemon_program API_PROGRAM;

/* Where the signing key is: malloc()ed, the caller's. */
char *api_settings_key_path(const struct api_settings *settings);

#endif
