#include "http/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#define V4_IN_V6 12 /* bytes before the IPv4 address in ::ffff:1.2.3.4 */

static void format_v4(const void *address, struct http_address *out)
{
    (void)inet_ntop(AF_INET, address, out->text, sizeof out->text);
    memcpy(out->block, out->text, sizeof out->block);
}

static void format_v6(struct in6_addr address, struct http_address *out)
{
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        format_v4(address.s6_addr + V4_IN_V6, out);
        return;
    }
    (void)inet_ntop(AF_INET6, &address, out->text, sizeof out->text);
    memset(address.s6_addr + 8, 0, 8);
    (void)inet_ntop(AF_INET6, &address, out->block, sizeof out->block);
}

void http_address_parse(const char *text, struct http_address *out)
{
    struct in6_addr v6;
    struct in_addr v4;

    (void)snprintf(out->text, sizeof out->text, "%s", text);
    memcpy(out->block, out->text, sizeof out->block);
    if (inet_pton(AF_INET6, text, &v6) == 1)
        format_v6(v6, out);
    else if (inet_pton(AF_INET, text, &v4) == 1)
        format_v4(&v4, out);
}

void http_address_format(const struct sockaddr *from, struct http_address *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    (void)snprintf(out->text, sizeof out->text, "unknown");
    memcpy(out->block, out->text, sizeof out->block);
    if (from == NULL)
        return;
    if (from->sa_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        format_v4(&v4.sin_addr, out);
    } else if (from->sa_family == AF_INET6) {
        memcpy(&v6, from, sizeof v6);
        format_v6(v6.sin6_addr, out);
    }
}
