/* The address of a client as text. */
#ifndef CHATAPP_HTTP_HTTP_ADDRESS_H
#define CHATAPP_HTTP_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "http/http_request.h"

struct http_address {
    char text[HTTP_ADDRESS_MAX];
    char block[HTTP_ADDRESS_MAX]; /* what limits count by: IPv4, or the /64 of an IPv6 address */
};

/* "unknown" for anything but IPv4 and IPv6; IPv4 within IPv6 (::ffff:1.2.3.4) is IPv4. */
void http_address_format(const struct sockaddr *from, struct http_address *out);
/* The same from text, which is an address or stays as it is. */
void http_address_parse(const char *text, struct http_address *out);

#endif
