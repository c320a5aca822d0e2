#include "daemon/advertise.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_LENGTH_MAX 5

/* ---- looking at a given one ---- */

static bool take_scheme(str *url, const char *scheme)
{
    str s = str_of(scheme);

    if (!str_starts(*url, s))
        return false;
    str rest = str_skip(*url, s.n);
    if (str_starts(rest, STR("s")))
        rest = str_skip(rest, 1);
    if (!str_starts(rest, STR("://")))
        return false;
    *url = str_skip(rest, 3);
    return true;
}

/* Up to the first slash; *url is the path then. */
static str take_authority(str *url)
{
    const char *slash = url->n > 0 ? memchr(url->p, '/', url->n) : NULL;
    str authority = str_from(url->p, slash ? (size_t)(slash - url->p) : url->n);

    *url = str_skip(*url, authority.n);
    return authority;
}

static bool consists_of(str text, const char *more)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c != '\0' && strchr(more, c) != NULL)))
            return false;
    }
    return true;
}

static bool is_port(str text)
{
    int64_t port;

    return text.n <= PORT_LENGTH_MAX && str_to_i64(text, &port) && port > 0 && port <= UINT16_MAX;
}

static bool is_v6(str text)
{
    char z[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (text.n >= sizeof z)
        return false;
    (void)snprintf(z, sizeof z, "%.*s", STR_ARG(text));
    return inet_pton(AF_INET6, z, &address) == 1;
}

static const char *look_at_authority(str authority)
{
    str rest = authority;
    str host;

    if (str_starts(authority, STR("["))) {
        rest = str_skip(authority, 1);
        if (!str_split(&rest, ']', &host) || str_is_none(rest) || !is_v6(host))
            return "has no IPv6 address between the brackets";
        if (rest.n == 0)
            return NULL;
        if (rest.p[0] != ':')
            return "has something between the address and the port";
        rest = str_skip(rest, 1);
    } else {
        (void)str_split(&rest, ':', &host);
        if (host.n == 0)
            return "names no host";
        if (!consists_of(host, ".-_"))
            return "has a host with characters that hosts do not have (a user, perhaps?)";
        if (str_is_none(rest))
            return NULL;
    }
    return is_port(rest) ? NULL : "has a port that is none";
}

enum err advertise_check(str url, const char *scheme, struct buf *why)
{
    str rest = url;
    const char *problem = NULL;

    if (url.n == 0)
        return OK;
    if (url.n > ADVERTISE_MAX)
        problem = "is longer than 200 bytes";
    else if (take_scheme(&rest, scheme))
        problem = look_at_authority(take_authority(&rest));
    else
        buf_printf(why, "must begin with %s:// or %ss://", scheme, scheme);
    if (why->n == 0 && problem == NULL && !consists_of(rest, "/.-_~%+:@"))
        problem = "has a path with other characters than letters, digits and /.-_~%+:@";
    if (problem != NULL)
        buf_printf(why, "%s", problem);
    return why->n == 0 ? OK : ERR_INVALID;
}

/* ---- making one ---- */

void advertise_url(str given, const char *scheme, const char *address, int port, const char *path,
                   struct buf *out)
{
    if (given.n == 0) {
        bool v6 = strchr(address, ':') != NULL;
        buf_printf(out, "%s://%s%s%s:%d%s", scheme, v6 ? "[" : "", address, v6 ? "]" : "", port,
                   path);
        return;
    }
    while (given.n > 0 && given.p[given.n - 1] == '/')
        given.n--;
    buf_add_str(out, given);
    str rest = given;
    (void)take_scheme(&rest, scheme);
    (void)take_authority(&rest);
    if (rest.n == 0)
        buf_add_str(out, str_of(path));
}

/* ---- this machine's address ---- */

/* Nothing is sent: connecting a UDP socket only asks the kernel for the route. The addresses to go to are those that
 * documents use (RFC 5737, RFC 3849), so the route is the one to anywhere. */
static bool own_address(int family, const char *towards, char *address_out, size_t size)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    bool is_v4 = family == AF_INET;
    struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t n = is_v4 ? sizeof v4 : sizeof v6;
    void *bytes = is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    bool good = inet_pton(family, towards, bytes) == 1 && connect(fd, address, n) == 0 &&
                getsockname(fd, address, &n) == 0 &&
                inet_ntop(family, bytes, address_out, (socklen_t)size) != NULL;
    (void)close(fd);
    return good;
}

void advertise_address(const char *listen, char *address_out, size_t size)
{
    bool all = strcmp(listen, "0.0.0.0") == 0 || strcmp(listen, "::") == 0;

    if (all && own_address(AF_INET, "192.0.2.1", address_out, size))
        return;
    if (strcmp(listen, "::") == 0 && own_address(AF_INET6, "2001:db8::1", address_out, size))
        return;
    (void)snprintf(address_out, size, "%s", all ? "127.0.0.1" : listen);
}
