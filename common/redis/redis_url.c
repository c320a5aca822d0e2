#include "redis/redis_url.h"

#include <arpa/inet.h>
#include <limits.h>
#include <sys/un.h>

#define DEFAULT_PORT 6379
#define PORT_MAX 65535
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* The parsers return NULL when all is well, else the sentence that says what is wrong. */

static bool has_only(str s, const char *allowed)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || strchr(allowed, s.p[i]) == NULL)
            return false;
    return true;
}

/* Up to the first of `ends`; *rest then begins with that character, or is empty. */
static str take_until(str *rest, const char *ends)
{
    size_t n = 0;
    while (n < rest->n && (rest->p[n] == '\0' || strchr(ends, rest->p[n]) == NULL))
        n++;
    str part = str_from(rest->p, n);
    *rest = str_skip(*rest, n);
    return part;
}

/* False when `part` has a NUL or no room. */
static bool copy(char to[REDIS_URL_TEXT_MAX], str part)
{
    if (part.n >= REDIS_URL_TEXT_MAX || memchr(part.p, '\0', part.n) != NULL)
        return false;
    memcpy(to, part.p, part.n);
    to[part.n] = '\0';
    return true;
}

static const char *decode(char to[REDIS_URL_TEXT_MAX], str part)
{
    size_t n = 0;

    for (size_t i = 0; i < part.n; i++) {
        int c = (unsigned char)part.p[i];
        if (c == '%') {
            int high = i + 2 < part.n ? hex_value(part.p[i + 1]) : -1;
            int low = high >= 0 ? hex_value(part.p[i + 2]) : -1;
            if (low < 0)
                return "a % in the user or password must be followed by two hex digits";
            c = high * 16 + low;
            i += 2;
        }
        if (c == '\0')
            return "the user or password holds a NUL";
        if (n + 1 >= REDIS_URL_TEXT_MAX)
            return "the user or password is too long";
        to[n++] = (char)c;
    }
    to[n] = '\0';
    return NULL;
}

/* user:pass, :pass. A raw '@' in the password is taken as it is meant. */
static const char *parse_user(str info, struct redis_url *url)
{
    str rest = info;
    str user = take_until(&rest, ":");

    if (rest.n == 0)
        return "a user needs a password after a colon; a password alone is written :password@";
    const char *why = decode(url->user, user);
    if (why == NULL)
        why = decode(url->password, str_skip(rest, 1));
    if (why == NULL && url->password[0] == '\0')
        why = "the password is empty";
    return why;
}

static const char *parse_number(str digits, int64_t min, int64_t max, const char *why, int *out)
{
    int64_t value;

    if (!str_to_i64(digits, &value) || value < min || value > max)
        return why;
    *out = (int)value;
    return NULL;
}

static const char *parse_host(str text, struct redis_url *url)
{
    struct in6_addr address;
    str rest = text;
    str host;

    if (str_starts(rest, STR("["))) {
        rest = str_skip(rest, 1);
        host = take_until(&rest, "]");
        if (rest.n == 0 || !copy(url->host, host) || inet_pton(AF_INET6, url->host, &address) != 1)
            return "the host in brackets is no IPv6 address";
        rest = str_skip(rest, 1);
    } else {
        host = take_until(&rest, ":");
        if (host.n == 0)
            return "the host is missing";
        if (!has_only(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ||
            !copy(url->host, host))
            return "the host is no host name and no address";
    }
    url->port = DEFAULT_PORT;
    if (rest.n == 0)
        return NULL;
    if (rest.p[0] != ':')
        return "after the host there can be only a port";
    return parse_number(str_skip(rest, 1), 1, PORT_MAX, "the port must be 1 to 65535", &url->port);
}

static const char *parse_db(str digits, struct redis_url *url)
{
    return parse_number(digits, 0, INT_MAX, "the database must be a number", &url->db);
}

static const char *parse_redis(str rest, struct redis_url *url)
{
    str authority = take_until(&rest, "/?#");
    const char *at = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;
    const char *why = NULL;

    if (at != NULL) {
        why = parse_user(str_from(authority.p, (size_t)(at - authority.p)), url);
        authority = str_skip(authority, (size_t)(at - authority.p) + 1);
    }
    if (why == NULL)
        why = parse_host(authority, url);
    if (why != NULL || rest.n == 0)
        return why;
    if (rest.p[0] != '/')
        return "after the port there can be only / and a database";
    return rest.n > 1 ? parse_db(str_skip(rest, 1), url) : NULL;
}

static const char *parse_unix(str rest, struct redis_url *url)
{
    const char *why = NULL;

    if (!str_starts(rest, STR("/"))) { /* perhaps user:pass@, in which there is no slash */
        str before = take_until(&rest, "/");
        if (before.n > 0 && before.p[before.n - 1] == '@')
            why = parse_user(str_from(before.p, before.n - 1), url);
        else
            why = "the path of the Unix socket must be absolute";
    }
    if (why != NULL)
        return why;
    str path = take_until(&rest, "?");

    if (path.n < 2 || path.p[0] != '/')
        return "the path of the Unix socket must be absolute";
    if (path.n > SOCKET_PATH_MAX || !copy(url->path, path))
        return "the path of the Unix socket is too long";
    if (rest.n == 0)
        return NULL;
    if (!str_starts(rest, STR("?db=")))
        return "after the path there can be only ?db= and a database";
    return parse_db(str_skip(rest, 4), url);
}

enum err redis_url_parse(str text, struct redis_url *url_out, const char **why_out)
{
    str tcp = STR("redis://");
    str local = STR("unix://");
    struct redis_url url = {0};
    const char *why = "it must begin with redis:// or unix://";

    if (str_starts(text, tcp))
        why = parse_redis(str_skip(text, tcp.n), &url);
    else if (str_starts(text, local))
        why = parse_unix(str_skip(text, local.n), &url);
    if (why != NULL) {
        *why_out = why;
        return ERR_INVALID;
    }
    *url_out = url;
    return OK;
}
