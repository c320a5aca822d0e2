#include "http/http_negotiate.h"

#include <strings.h>

/* A tag may have a comma in it, ours have none: a piece of a tag with one is like none of them. */
bool http_names_tag(str if_none_match, str tag)
{
    str one;

    while (str_split(&if_none_match, ',', &one)) {
        one = str_trim(one);
        if (str_eq(one, STR("*")))
            return true;
        if (str_starts(one, STR("W/")))
            one = str_skip(one, 2);
        if (str_eq(one, tag))
            return true;
    }
    return false;
}

/* "q=0", "q=0.0", "q=0.000". */
static bool is_refused(str parameters)
{
    str q = str_trim(parameters);

    if (q.n < 3 || (q.p[0] != 'q' && q.p[0] != 'Q') || q.p[1] != '=')
        return false;
    for (size_t i = 2; i < q.n; i++)
        if (q.p[i] != '0' && q.p[i] != '.')
            return false;
    return true;
}

static bool is(str word, str known)
{
    return word.n == known.n && strncasecmp(word.p, known.p, known.n) == 0;
}

bool http_accepts_gzip(str accept_encoding)
{
    bool any = false;
    str one;

    while (str_split(&accept_encoding, ',', &one)) {
        str name = STR("");
        bool good = str_split(&one, ';', &name);
        name = str_trim(name);
        good = good && (str_is_none(one) || !is_refused(one));
        if (is(name, STR("gzip")) || is(name, STR("x-gzip")))
            return good;
        if (is(name, STR("*")))
            any = good;
    }
    return any;
}
