/* The settings that every daemon with an HTTP server has. A daemon embeds struct http_settings in its own and puts
 * HTTP_SETTINGS(struct api_settings, http) among the rows of its table. */
#ifndef CHATAPP_HTTP_HTTP_SETTINGS_H
#define CHATAPP_HTTP_HTTP_SETTINGS_H

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

#define HTTP_SETTINGS(daemon, member)                                                              \
    INT_SETTING(daemon, "http-threads", member.threads, "0", 0, 256,                               \
                "Threads that serve requests; 0: twice the cores, at least 4"),                    \
        INT_SETTING(daemon, "max-connections", member.connections_max, "4096", 1, 1000000,         \
                    "Open connections at most"),                                                   \
        INT_SETTING(daemon, "max-connections-per-address", member.connections_per_address, "512",  \
                    0, 1000000, "Open connections of one address at most; 0: any number"),         \
        INT_SETTING(daemon, "http-idle-s", member.idle_s, "30", 1, 3600,                           \
                    "Seconds that a connection may be silent"),                                    \
        INT_SETTING(daemon, "http-request-s", member.request_s, "15", 1, 3600,                     \
                    "Seconds that a request may take to arrive, however it trickles"),             \
        INT_SETTING(daemon, "http-answer-s", member.answer_s, "60", 1, 86400,                      \
                    "Seconds that an answer may take to be made and taken"),                       \
        TEXT_SETTING(daemon, "cors-origin", member.cors_origins, "",                               \
                     "Origins whose pages may read answers, with commas between; * for all")

#endif
