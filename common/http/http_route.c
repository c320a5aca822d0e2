#include "http/http_route.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "http/http_percent.h"

struct pattern {
    const struct http_route *route;
    str segments[HTTP_SEGMENTS_MAX]; /* p is NULL for a parameter */
};

/* Rows with as many segments stand together, so that a look-up compares few of them. */
struct http_routes {
    size_t first[HTTP_SEGMENTS_MAX + 2]; /* rows with k segments: first[k] .. first[k + 1] */
    struct pattern patterns[];
};

/* "/a/b" into a and b; the number of segments, or 0 when there are too many or no slash in front. */
static size_t split(str path, str segments[HTTP_SEGMENTS_MAX])
{
    size_t n = 0;
    str rest;
    str part;

    if (path.n == 0 || path.p[0] != '/')
        return 0;
    rest = str_skip(path, 1);
    while (str_split(&rest, '/', &part)) {
        if (n == HTTP_SEGMENTS_MAX)
            return 0;
        segments[n++] = part;
    }
    return n;
}

static size_t compile(const struct http_route *route, struct pattern *to)
{
    size_t params = 0;
    size_t n = split(str_of(route->path), to->segments);

    CHECK(n > 0 && strlen(route->path) < HTTP_PATH_MAX);
    to->route = route;
    for (size_t i = 0; i < n; i++) {
        if (to->segments[i].n == 0 || to->segments[i].p[0] != '{')
            continue;
        to->segments[i] = STR_NONE;
        params++;
    }
    CHECK(params <= HTTP_PARAMS_MAX);
    return n;
}

struct http_routes *http_routes_new(const struct http_route *table, size_t n)
{
    struct http_routes *routes = mem_zalloc(sizeof *routes + n * sizeof routes->patterns[0]);
    struct pattern pattern = {0};
    size_t filled = 0;

    for (size_t k = 1; k <= HTTP_SEGMENTS_MAX; k++) {
        routes->first[k] = filled;
        for (size_t i = 0; i < n; i++)
            if (compile(&table[i], &pattern) == k)
                routes->patterns[filled++] = pattern;
    }
    routes->first[HTTP_SEGMENTS_MAX + 1] = filled;
    return routes;
}

void http_routes_free(struct http_routes *routes)
{
    free(routes);
}

static bool fits(const struct pattern *pattern, const str *segments, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (pattern->segments[i].p ? !str_eq(pattern->segments[i], segments[i])
                                   : segments[i].n == 0)
            return false;
    return true;
}

static void take_params(const struct pattern *pattern, const str *segments, size_t n, str *params)
{
    for (size_t i = 0; i < n; i++)
        if (pattern->segments[i].p == NULL)
            *params++ = segments[i];
}

static bool decode(str *segments, size_t n, char *scratch)
{
    for (size_t i = 0; i < n; i++) {
        size_t length;
        if (segments[i].n == 0 || memchr(segments[i].p, '%', segments[i].n) == NULL)
            continue;
        if (!http_percent_decode(segments[i], false, scratch, &length))
            return false;
        segments[i] = str_from(scratch, length);
        scratch += length;
    }
    return true;
}

enum http_match_result http_routes_match(const struct http_routes *routes, enum http_method method,
                                         str path, struct http_match *match_out)
{
    str segments[HTTP_SEGMENTS_MAX];

    match_out->route = NULL;
    match_out->allowed = 0;
    if (path.n > sizeof match_out->scratch)
        return HTTP_NO_PATH;
    size_t n = split(path, segments);
    if (n == 0)
        return HTTP_NO_PATH;
    if (!decode(segments, n, match_out->scratch))
        return HTTP_BAD_PATH;
    for (size_t i = routes->first[n]; i < routes->first[n + 1]; i++) {
        const struct pattern *pattern = &routes->patterns[i];
        if (!fits(pattern, segments, n))
            continue;
        match_out->allowed |= 1u << pattern->route->method;
        if (pattern->route->method == method && match_out->route == NULL) {
            match_out->route = pattern->route;
            take_params(pattern, segments, n, match_out->params);
        }
    }
    if (match_out->route)
        return HTTP_MATCHED;
    return match_out->allowed ? HTTP_NO_METHOD : HTTP_NO_PATH;
}

void http_allow_text(unsigned allowed, struct buf *out)
{
    for (int m = HTTP_GET; m < HTTP_OTHER; m++) {
        if (!(allowed & 1u << m))
            continue;
        if (out->n > 0)
            buf_add_str(out, STR(", "));
        buf_add_str(out, http_method_name((enum http_method)m));
        if (m == HTTP_GET)
            buf_add_str(out, STR(", HEAD"));
    }
}
