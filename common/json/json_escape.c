#include "json/json_escape.h"

#include "json/json_scan.h"

#define SHORT_LENGTH 2
#define UNICODE_LENGTH 6
#define PAIR_LENGTH 12
#define UTF8_MAX 4

/* The four digits of a \uXXXX at the start of `text`, -1 when it is none. */
static int32_t unicode_value(str text)
{
    int32_t value = 0;

    if (text.n < UNICODE_LENGTH || text.p[0] != '\\' || text.p[1] != 'u')
        return -1;
    for (size_t i = 2; i < UNICODE_LENGTH; i++) {
        int digit = hex_value(text.p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

size_t json_escape_length(str text)
{
    if (text.n < SHORT_LENGTH || text.p[0] != '\\')
        return 0;
    if (text.p[1] != 'u')
        return text.p[1] != '\0' && strchr("\"\\/bfnrt", text.p[1]) != NULL ? SHORT_LENGTH : 0;
    int32_t unit = unicode_value(text);
    if (is_high_surrogate(unit) && is_low_surrogate(unicode_value(str_skip(text, UNICODE_LENGTH))))
        return PAIR_LENGTH;
    return unit > 0 && !is_high_surrogate(unit) && !is_low_surrogate(unit) ? UNICODE_LENGTH : 0;
}

static char short_value(char c)
{
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
    }
}

static size_t utf8_write(char to[UTF8_MAX], uint32_t point)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; point >>= 6)
        to[i] = (char)(0x80 | (point & 0x3F));
    to[0] = (char)((0xF00 >> n & 0xFF) | point); /* as many leading ones as bytes */
    return n;
}

/* Moves over the next byte or escape of a checked text; returns how many bytes it stands for. */
static size_t next(str *rest, char to[UTF8_MAX])
{
    size_t length = json_escape_length(*rest);
    str here = *rest;

    *rest = str_skip(here, length == 0 ? 1 : length);
    if (length == 0 || length == SHORT_LENGTH) {
        to[0] = length == 0 ? here.p[0] : short_value(here.p[1]);
        return 1;
    }
    uint32_t point = (uint32_t)unicode_value(here);
    if (length == PAIR_LENGTH) {
        uint32_t low = (uint32_t)unicode_value(str_skip(here, UNICODE_LENGTH));
        point = 0x10000 + ((point & 0x3FF) << 10 | (low & 0x3FF));
    }
    return utf8_write(to, point);
}

size_t json_unescape(str text, char *to)
{
    char bytes[UTF8_MAX];
    size_t n = 0;

    while (text.n > 0) {
        size_t step = next(&text, bytes);
        memcpy(to + n, bytes, step);
        n += step;
    }
    return n;
}

size_t json_text_length(str raw)
{
    str rest = str_from(raw.p + 1, raw.n - 2);
    char bytes[UTF8_MAX];
    size_t n = 0;

    for (;;) {
        const char *escape = rest.n > 0 ? memchr(rest.p, '\\', rest.n) : NULL;
        if (escape == NULL)
            return n + rest.n;
        n += (size_t)(escape - rest.p);
        rest = str_skip(rest, (size_t)(escape - rest.p));
        n += next(&rest, bytes);
    }
}
