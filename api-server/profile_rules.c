#include "profile_rules.h"

#include <strings.h>

static size_t characters(str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += (text.p[i] & 0xC0) != 0x80;
    return n;
}

/* C0, DEL, and C1, which is C2 80 to C2 9F in UTF-8. */
static bool has_control(str text, bool lines)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (lines && (c == '\n' || c == '\t'))
            continue;
        if (c < 0x20 || c == 0x7F)
            return true;
        if (c == 0xC2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xA0)
            return true;
    }
    return false;
}

static bool is_blank(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ')
            return false;
    return true;
}

static const char *name_problem(str text, size_t max)
{
    if (is_blank(text))
        return "must not be blank";
    if (characters(text) > max)
        return "is too long";
    return has_control(text, false) ? "must not have control characters" : NULL;
}

const char *display_name_problem(str text)
{
    return name_problem(text, DISPLAY_NAME_MAX);
}

const char *room_name_problem(str text)
{
    return name_problem(text, ROOM_NAME_MAX);
}

const char *about_problem(str text)
{
    if (text.n > ABOUT_MAX)
        return "is too long";
    return has_control(text, true) ? "must not have control characters" : NULL;
}

const char *avatar_url_problem(str text)
{
    if (text.n > AVATAR_URL_MAX)
        return "is too long";
    size_t scheme = text.n > 8 && strncasecmp(text.p, "https://", 8) == 0  ? 8
                    : text.n > 7 && strncasecmp(text.p, "http://", 7) == 0 ? 7
                                                                           : 0;
    if (scheme == 0 || text.p[scheme] == '/')
        return "must be an http or https address";
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("\"<>\\^`{|}", text.p[i]))
            return "must be an http or https address";
    return NULL;
}

const char *device_problem(str text)
{
    if (characters(text) > DEVICE_MAX)
        return "is too long";
    return has_control(text, false) ? "must not have control characters" : NULL;
}
