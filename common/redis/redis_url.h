/* redis://[user:pass@]host:port[/db] and unix://[user:pass@]/path[?db=N] (percent-encoding allowed in user and
 * password; IPv6 hosts in brackets; default port 6379). */
#ifndef CHATAPP_REDIS_REDIS_URL_H
#define CHATAPP_REDIS_REDIS_URL_H

#include "base/err.h"
#include "base/str.h"

#define REDIS_URL_TEXT_MAX 256

struct redis_url {
    char host[REDIS_URL_TEXT_MAX]; /* "" for a Unix socket */
    char path[REDIS_URL_TEXT_MAX]; /* "" for TCP */
    int port;
    int db;
    char user[REDIS_URL_TEXT_MAX];
    char password[REDIS_URL_TEXT_MAX];
};

/* ERR_INVALID: *why_out is a static sentence that never repeats the URL (it may hold a password). */
MUST_USE enum err redis_url_parse(str text, struct redis_url *url_out, const char **why_out);

#endif
