/* The settings that every daemon with an HTTP server has. A daemon embeds struct http_settings in its own and puts
 * HTTP_SETTINGS(struct api_settings, http) among the rows of its table. */
#ifndef CHATAPP_HTTP_HTTP_SETTINGS_H
#define CHATAPP_HTTP_HTTP_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/settings.h"

struct http_settings {
    int64_t threads;
    int64_t connections_max;
    int64_t connections_per_address;
    int64_t idle_s;
    int64_t request_s;
    int64_t answer_s;
    const char *cors_origins;
};

#define HTTP_SETTING(daemon, member, field, name, preset, least, most, text)                       \
    {                                                                                              \
        .flag = name, .type = SETTING_INT, .offset = offsetof(daemon, member.field),               \
        .fallback = preset, .min = least, .max = most, .help = text                                \
    }

#define HTTP_SETTINGS(daemon, member)                                                              \
    HTTP_SETTING(daemon, member, threads, "http-threads", "0", 0, 256,                             \
                 "Threads that serve requests; 0: twice the cores, at least 4"),                   \
        HTTP_SETTING(daemon, member, connections_max, "max-connections", "4096", 1, 1000000,       \
                     "Open connections at most"),                                                  \
        HTTP_SETTING(daemon, member, connections_per_address, "max-connections-per-address",       \
                     "512", 0, 1000000, "Open connections of one address at most; 0: any number"), \
        HTTP_SETTING(daemon, member, idle_s, "http-idle-s", "30", 1, 3600,                         \
                     "Seconds that a connection may be silent"),                                   \
        HTTP_SETTING(daemon, member, request_s, "http-request-s", "15", 1, 3600,                   \
                     "Seconds that a request may take to arrive, however it trickles"),            \
        HTTP_SETTING(daemon, member, answer_s, "http-answer-s", "60", 1, 86400,                    \
                     "Seconds that an answer may take to be made and taken"),                      \
    {                                                                                              \
        .flag = "cors-origin", .type = SETTING_TEXT,                                               \
        .offset = offsetof(daemon, member.cors_origins), .fallback = "",                           \
        .help = "Origins whose pages may read answers, with commas between; * for all"             \
    }

#endif
