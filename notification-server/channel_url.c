#include "channel_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include "address.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443
#define HOST_MAX 253
#define PORT_MAX 65535

static bool is_of_url(char c)
{
    return c > ' ' && c < 0x7F && strchr("\"<>\\^`{|}", c) == NULL;
}

static bool is_of_host(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_host(str host)
{
    bool v6 = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

    if (host.n == 0 || host.n > HOST_MAX || host.p[0] == '.' || host.p[0] == '-')
        return false;
    for (size_t i = 0; i < host.n; i++) {
        bool good = v6 ? i == 0 || i == host.n - 1 || strchr("0123456789abcdefABCDEF:.", host.p[i])
                       : is_of_host(host.p[i]);
        if (!good)
            return false;
    }
    return true;
}

static bool skip_scheme(str *text, bool *https_out)
{
    *https_out = text->n > 8 && strncasecmp(text->p, "https://", 8) == 0;
    if (!*https_out && (text->n <= 7 || strncasecmp(text->p, "http://", 7) != 0))
        return false;
    *text = str_skip(*text, *https_out ? 8 : 7);
    return true;
}

/* How long the part before the first of `stops` is. */
static size_t part_length(str text, const char *stops)
{
    size_t n = 0;

    while (n < text.n && strchr(stops, text.p[n]) == NULL)
        n++;
    return n;
}

static const char *parse_authority(str authority, struct channel_url *url)
{
    size_t n = authority.n > 0 && authority.p[0] == '[' ? part_length(authority, "]") + 1
                                                        : part_length(authority, ":");
    int64_t port;

    if (memchr(authority.p, '@', authority.n) != NULL)
        return "must not hold a user name or a password";
    if (n > authority.n)
        return "must have a host";
    url->host = str_from(authority.p, n);
    url->port = url->https ? HTTPS_PORT : HTTP_PORT;
    if (!is_host(url->host))
        return "must have a host";
    if (n == authority.n)
        return NULL;
    if (authority.p[n] != ':' || !str_to_i64(str_skip(authority, n + 1), &port) || port < 1 ||
        port > PORT_MAX)
        return "must have a port from 1 to 65535, or none";
    url->port = (unsigned)port;
    return NULL;
}

const char *channel_url_parse(str text, struct channel_url *url_out)
{
    struct channel_url url = {.query = STR_NONE};
    str rest = text;

    for (size_t i = 0; i < text.n; i++)
        if (!is_of_url(text.p[i]))
            return "must be a URL without spaces and other characters that belong escaped";
    if (!skip_scheme(&rest, &url.https))
        return "must be an https or http URL";
    if (memchr(rest.p, '#', rest.n) != NULL)
        return "must not have a fragment (#)";
    size_t n = part_length(rest, "/?");
    const char *problem = parse_authority(str_from(rest.p, n), &url);
    if (problem)
        return problem;
    rest = str_skip(rest, n);
    url.path = str_from(rest.p, part_length(rest, "?"));
    if (url.path.n < rest.n)
        url.query = str_skip(rest, url.path.n + 1);
    *url_out = url;
    return NULL;
}

/* No IPv6 address at all, or no public one. */
static bool is_private_v6(const char *text)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    return inet_pton(AF_INET6, text, &v6.sin6_addr) != 1 ||
           !address_is_public((const struct sockaddr *)&v6);
}

/* An address in any spelling that resolvers take (127.1, 0x7f000001, 017700000001, [::1]), and no public one. */
static bool is_private_literal(str host)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    char z[HOST_MAX + 1];

    if (host.p[host.n - 1] == '.') /* 127.0.0.1. is looked up as 127.0.0.1 */
        host.n--;
    memcpy(z, host.p, host.n);
    z[host.n] = '\0';
    if (z[0] == '[') {
        z[host.n - 1] = '\0';
        return is_private_v6(z + 1);
    }
    return inet_aton(z, &v4.sin_addr) == 1 && !address_is_public((const struct sockaddr *)&v4);
}

static bool is_localhost(str host)
{
    static const str NAME = {"localhost", 9};

    if (host.n > 0 && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n < NAME.n || strncasecmp(host.p + host.n - NAME.n, NAME.p, NAME.n) != 0)
        return false;
    return host.n == NAME.n || host.p[host.n - NAME.n - 1] == '.';
}

const char *channel_url_problem(str text, bool allow_private)
{
    struct channel_url url;
    const char *problem = channel_url_parse(text, &url);

    if (problem || allow_private)
        return problem;
    if (is_localhost(url.host) || is_private_literal(url.host))
        return "must not lead to a private address";
    return NULL;
}

static void add_scheme_and_host(const struct channel_url *url, struct buf *out)
{
    buf_add_str(out, url->https ? STR("https://") : STR("http://"));
    for (size_t i = 0; i < url->host.n; i++) {
        char c = url->host.p[i];
        buf_add_char(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
}

void channel_url_host_key(const struct channel_url *url, struct buf *out)
{
    add_scheme_and_host(url, out);
    buf_printf(out, ":%u", url->port);
}

void channel_url_origin(const struct channel_url *url, struct buf *out)
{
    add_scheme_and_host(url, out);
    if (url->port != (url->https ? HTTPS_PORT : HTTP_PORT))
        buf_printf(out, ":%u", url->port);
}
