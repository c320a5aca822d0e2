/* URLs that users register. Pure: no name is looked up. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_URL_H
#define CHATAPP_NOTIFICATION_CHANNEL_URL_H

#include "base/buf.h"
#include "base/err.h"

#define CHANNEL_URL_MAX 2048

/* Views into the URL's text. */
struct channel_url {
    bool https;
    str host; /* IPv6 with its brackets */
    unsigned port;
    str path;  /* from the first slash on, to the query; may be empty */
    str query; /* without the question mark; STR_NONE when there is none */
};

/* NULL, or what is wrong with it, a static "must …": http or https, a host, no user name or password, no fragment, nothing
 * that no URL has. */
const char *channel_url_parse(str text, struct channel_url *url_out);
/* The same, and unless `allow_private` it must not name an address of a private network, or localhost. What a name leads
 * to is looked at when connecting. */
const char *channel_url_problem(str text, bool allow_private);

/* Appends scheme://host:port, lower case, the port always there (RFC 6454 would leave it out; limits do not mind). */
void channel_url_host_key(const struct channel_url *url, struct buf *out);
/* Appends the origin (RFC 6454, section 6.2): the port only when it is not the scheme's own. */
void channel_url_origin(const struct channel_url *url, struct buf *out);

#endif
