#include "ws/origin.h"

#include <strings.h>

static bool same(str a, str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* "name:port" or "[v6]:port" without the port. */
static str host_name(str authority)
{
    if (authority.n > 0 && authority.p[0] == '[') {
        const char *end = memchr(authority.p, ']', authority.n);
        return end ? str_from(authority.p, (size_t)(end - authority.p) + 1) : authority;
    }
    const char *colon = authority.n ? memchr(authority.p, ':', authority.n) : NULL;
    return colon ? str_from(authority.p, (size_t)(colon - authority.p)) : authority;
}

static bool is_same_host(str origin, str host)
{
    const char *slashes = memmem(origin.p, origin.n, "://", 3);
    if (slashes == NULL) /* "null": a sandboxed page or a file */
        return false;
    str authority = str_skip(origin, (size_t)(slashes - origin.p) + 3);
    str name = host_name(authority);
    return name.n > 0 && same(name, host_name(host));
}

bool origin_is_allowed(str origin, str host, str allowed)
{
    str item;

    if (origin.n == 0 || str_eq(allowed, STR("*")))
        return true;
    if (allowed.n == 0)
        return is_same_host(origin, host);
    while (str_split(&allowed, ',', &item))
        if (same(item, origin))
            return true;
    return false;
}
