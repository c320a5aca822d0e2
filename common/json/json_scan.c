#include "json/json_scan.h"

#include <math.h>
#include <stdlib.h>

#include "json/json_escape.h"
#include "json/json_keys.h"

#define FIRST_KEYS 32 /* open at once without heap memory */

/* What a byte may be. */
enum {
    SPACE = 1, /* between tokens */
    DIGIT = 2,
    STOP = 4 /* ends a run of plain characters in a string: " \ and the control characters */
};

static const unsigned char CLASS[256] = {
    [0 ... '\t' - 1] = STOP, ['\t'] = STOP | SPACE,
    ['\n'] = STOP | SPACE,   ['\n' + 1 ... '\r' - 1] = STOP,
    ['\r'] = STOP | SPACE,   ['\r' + 1 ... ' ' - 1] = STOP,
    [' '] = SPACE,           ['"'] = STOP,
    ['0' ... '9'] = DIGIT,   ['\\'] = STOP,
};

/* Where the pass is. Functions that take it move `p` over what they are named for, and answer false
 * when that is not there: then the whole text is refused. */
struct scan {
    const char *p;
    const char *end;
    size_t depth;
    struct json_keys keys;
    json_each_fn *each; /* told of the top-level members; may be NULL */
    void *context;
    bool stopped; /* by `each` */
};

static bool scan_value(struct scan *s, enum json_kind *kind_out);

static bool has_class(const struct scan *s, int class)
{
    return s->p < s->end && (CLASS[(unsigned char)*s->p] & class) != 0;
}

static bool take(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

static void skip_space(struct scan *s)
{
    while (has_class(s, SPACE))
        s->p++;
}

/* Not zero when one of eight bytes is `c` (Bit Twiddling Hacks, "zero in a word"). */
static uint64_t any_is(uint64_t eight, unsigned char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t zero = eight ^ (ones * c);
    return (zero - ones) & ~zero & (ones * 0x80);
}

/* Not zero when one of eight bytes ends a run of plain characters. */
static uint64_t any_stops(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t below_space = (eight - ones * ' ') & ~eight & (ones * 0x80);
    return below_space | any_is(eight, '"') | any_is(eight, '\\');
}

static void skip_plain(struct scan *s)
{
    uint64_t eight;

    while ((size_t)(s->end - s->p) >= sizeof eight) {
        memcpy(&eight, s->p, sizeof eight);
        if (any_stops(eight) != 0)
            break;
        s->p += sizeof eight;
    }
    while (s->p < s->end && (CLASS[(unsigned char)*s->p] & STOP) == 0)
        s->p++;
}

static bool scan_escape(struct scan *s)
{
    size_t n = json_escape_length(str_from(s->p, (size_t)(s->end - s->p)));
    s->p += n;
    return n > 0;
}

/* After the opening quote: everything up to and including the closing one. */
static bool scan_string(struct scan *s, bool *escaped_out)
{
    *escaped_out = false;
    for (;;) {
        skip_plain(s);
        if (take(s, '"'))
            return true;
        *escaped_out = true;
        if (!scan_escape(s))
            return false; /* a control character, the end, or a bad escape */
    }
}

static size_t skip_digits(struct scan *s)
{
    const char *from = s->p;
    while (has_class(s, DIGIT))
        s->p++;
    return (size_t)(s->p - from);
}

/* Below 10^300 for certain when it is shorter than 200 characters with an exponent of two digits;
 * the few others are for strtod() to judge. */
static bool fits_double(str number, size_t exponent_digits)
{
    const size_t surely_short = 200;

    if (number.n < surely_short && exponent_digits <= 2)
        return true;
    char *text = str_dup(number);
    bool fits = isfinite(strtod(text, NULL));
    free(text);
    return fits;
}

static bool scan_number(struct scan *s)
{
    const char *from = s->p;
    size_t exponent_digits = 0;

    (void)take(s, '-');
    if (!take(s, '0') && skip_digits(s) == 0)
        return false;
    if (take(s, '.') && skip_digits(s) == 0)
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        (void)(take(s, '+') || take(s, '-'));
        exponent_digits = skip_digits(s);
        if (exponent_digits == 0)
            return false;
    }
    return fits_double(str_from(from, (size_t)(s->p - from)), exponent_digits);
}

static bool scan_word(struct scan *s, str word)
{
    if (!str_starts(str_from(s->p, (size_t)(s->end - s->p)), word))
        return false;
    s->p += word.n;
    return true;
}

static bool tell(struct scan *s, str key, const char *value, enum json_kind kind)
{
    struct json_member member = {
        .key = key, .raw = str_from(value, (size_t)(s->p - value)), .kind = kind};

    s->stopped = !s->each(s->context, &member);
    return !s->stopped;
}

static bool scan_member(struct scan *s)
{
    enum json_kind kind;
    bool escaped;

    skip_space(s);
    if (!take(s, '"'))
        return false;
    const char *from = s->p;
    if (!scan_string(s, &escaped))
        return false;
    str key = str_from(from, (size_t)(s->p - 1 - from));
    json_keys_add(&s->keys, key, escaped);
    skip_space(s);
    if (!take(s, ':'))
        return false;
    skip_space(s);
    const char *value = s->p;
    if (!scan_value(s, &kind))
        return false;
    return s->each == NULL || s->depth > 1 || tell(s, key, value, kind);
}

static bool scan_item(struct scan *s)
{
    enum json_kind kind;
    skip_space(s);
    return scan_value(s, &kind);
}

/* After the opening bracket: parts with commas between them, and the closing one. */
static bool scan_parts(struct scan *s, bool (*scan_part)(struct scan *), char closing)
{
    if (++s->depth > JSON_DEPTH_MAX)
        return false;
    skip_space(s);
    if (!take(s, closing)) {
        do {
            if (!scan_part(s))
                return false;
            skip_space(s);
        } while (take(s, ','));
        if (!take(s, closing))
            return false;
    }
    s->depth--;
    return true;
}

static bool scan_object(struct scan *s)
{
    size_t outer = s->keys.n;
    return scan_parts(s, scan_member, '}') && json_keys_close(&s->keys, outer);
}

static bool scan_value(struct scan *s, enum json_kind *kind_out)
{
    bool escaped;

    switch (s->p < s->end ? *s->p : '\0') {
    case '"':
        s->p++;
        *kind_out = JSON_KIND_STRING;
        return scan_string(s, &escaped);
    case '{':
        s->p++;
        *kind_out = JSON_KIND_OBJECT;
        return scan_object(s);
    case '[':
        s->p++;
        *kind_out = JSON_KIND_ARRAY;
        return scan_parts(s, scan_item, ']');
    case 't': *kind_out = JSON_KIND_TRUE; return scan_word(s, STR("true"));
    case 'f': *kind_out = JSON_KIND_FALSE; return scan_word(s, STR("false"));
    case 'n': *kind_out = JSON_KIND_NULL; return scan_word(s, STR("null"));
    default: *kind_out = JSON_KIND_NUMBER; return scan_number(s);
    }
}

static enum err scan_text(str text, json_each_fn *each, void *context, enum json_kind *kind_out)
{
    struct json_key first_keys[FIRST_KEYS];

    if (text.n == 0 || !str_is_utf8(text))
        return ERR_INVALID;
    struct scan s = {.p = text.p, .end = text.p + text.n, .each = each, .context = context};
    json_keys_init(&s.keys, first_keys, FIRST_KEYS);
    skip_space(&s);
    bool good = scan_value(&s, kind_out);
    skip_space(&s);
    json_keys_fini(&s.keys);
    if (s.stopped)
        return ERR_TOO_BIG;
    return good && s.p == s.end ? OK : ERR_INVALID;
}

enum err json_each(str text, json_each_fn *each, void *context)
{
    enum json_kind kind;
    enum err err = scan_text(text, each, context, &kind);

    return err == OK && kind != JSON_KIND_OBJECT ? ERR_INVALID : err;
}

static bool keep(void *context, const struct json_member *member)
{
    struct json_object *object = context;

    if (object->n == JSON_MEMBERS_MAX)
        return false;
    object->members[object->n++] = *member;
    return true;
}

enum err json_scan_object(str text, struct json_object *object_out)
{
    object_out->n = 0;
    return json_each(text, keep, object_out);
}

enum err json_check(str text)
{
    enum json_kind kind;
    return scan_text(text, NULL, NULL, &kind);
}

const struct json_member *json_find(const struct json_object *object, const char *key)
{
    str wanted = str_of(key);

    for (size_t i = 0; i < object->n; i++)
        if (str_eq(object->members[i].key, wanted))
            return &object->members[i];
    return NULL;
}

bool json_plain_string(const struct json_member *member, str *text_out)
{
    if (member->kind != JSON_KIND_STRING)
        return false;
    str text = str_from(member->raw.p + 1, member->raw.n - 2);
    if (text.n > 0 && memchr(text.p, '\\', text.n) != NULL)
        return false;
    *text_out = text;
    return true;
}

bool json_member_integer(const struct json_member *member, int64_t *value_out)
{
    return member->kind == JSON_KIND_NUMBER && str_to_i64(member->raw, value_out);
}
