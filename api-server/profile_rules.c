#include "profile_rules.h"

#include <stdint.h>
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

struct range {
    uint32_t first;
    uint32_t last;
};

/* Characters that turn the direction of text, break lines or carry hidden text: a name with them can pass for
 * another, or spoil what it is shown in. */
static const struct range DECEIVING[] = {
    {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E},
    {0x2066, 0x206F}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

/* Spaces, and what is not seen at all: fine within a name (emoji and Persian need joiners), but not alone. */
static const struct range UNSEEN[] = {
    {0x0000, 0x0020},   {0x007F, 0x00A0},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
    {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
    {0x2000, 0x200D},   {0x202F, 0x202F},   {0x205F, 0x2065},   {0x2800, 0x2800},
    {0x3000, 0x3000},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0x1BCA0, 0x1BCA3}, {0x1D159, 0x1D159}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
};

static bool is_in(uint32_t c, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* The next character of UTF-8, which JSON has been found to be. */
static uint32_t take_character(str *rest)
{
    unsigned char lead = (unsigned char)rest->p[0];
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    uint32_t c = more ? lead & (0x3Fu >> more) : lead;

    *rest = str_skip(*rest, 1);
    for (; more > 0 && rest->n > 0; more--, *rest = str_skip(*rest, 1))
        c = c << 6 | ((unsigned char)rest->p[0] & 0x3Fu);
    return c;
}

static bool has_deceiving(str text)
{
    while (text.n > 0)
        if (is_in(take_character(&text), DECEIVING, sizeof DECEIVING / sizeof DECEIVING[0]))
            return true;
    return false;
}

static bool is_blank(str text)
{
    while (text.n > 0)
        if (!is_in(take_character(&text), UNSEEN, sizeof UNSEEN / sizeof UNSEEN[0]))
            return false;
    return true;
}

static const char *name_problem(str text, size_t max)
{
    if (is_blank(text))
        return "must not be blank";
    if (characters(text) > max)
        return "is too long";
    if (has_control(text, false))
        return "must not have control characters";
    return has_deceiving(text) ? "must not have characters that turn or hide text" : NULL;
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
