#include "web_policy.h"

#include <ctype.h>

const struct http_fixed_header WEB_POLICY[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "manifest-src 'self'; worker-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
     "trusted-types chatapp"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"Referrer-Policy", "no-referrer"},
    {"Vary", "Accept-Encoding"},
    {"X-Frame-Options", "DENY"},
    {NULL, NULL},
};

static bool is_plain(str host)
{
    for (size_t i = 0; i < host.n; i++)
        if (!isalnum((unsigned char)host.p[i]) && host.p[i] != '.' && host.p[i] != '-')
            return false;
    return host.n > 0;
}

/* Without the port. */
static str name_of(str authority)
{
    const char *colon = authority.n ? memchr(authority.p, ':', authority.n) : NULL;
    return colon ? str_from(authority.p, (size_t)(colon - authority.p)) : authority;
}

/* "ws://name:port/chat" is name. */
static str host_of(str url)
{
    const char *slashes = memmem(url.p, url.n, "://", 3);
    if (slashes == NULL)
        return STR("");
    str rest = str_skip(url, (size_t)(slashes - url.p) + 3);
    str authority;
    return str_split(&rest, '/', &authority) ? name_of(authority) : STR("");
}

static bool add(struct buf *to, str host)
{
    struct buf word = {0};

    if (!is_plain(host))
        return false;
    buf_printf(&word, " ws://%.*s:* wss://%.*s:*", STR_ARG(host), STR_ARG(host));
    if (to->n == 0 || memmem(to->p, to->n, word.p, word.n) == NULL)
        buf_add_str(to, buf_view(&word));
    buf_fini(&word);
    return true;
}

bool web_policy_connect(str host, str servers, struct buf *out)
{
    struct buf policy = {0};
    str url;

    buf_add_str(&policy, STR("connect-src 'self'"));
    bool good = add(&policy, name_of(host));
    while (good && str_split(&servers, ' ', &url))
        good = url.n == 0 || add(&policy, host_of(url));
    good = good && policy.n <= HTTP_HEADER_VALUE_MAX;
    if (good)
        buf_add_str(out, buf_view(&policy));
    buf_fini(&policy);
    return good;
}
