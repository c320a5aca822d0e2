/* A borrowed view of bytes: never freed, valid as long as what it points into. Not NUL-terminated. */
#ifndef CHATAPP_BASE_STR_H
#define CHATAPP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t n;
} str;

#define STR(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((str){NULL, 0})
/* For printf("%.*s"). */
#define STR_ARG(s) (int)(s).n, (s).p

static inline str str_of(const char *z)
{
    return (str){z, z ? strlen(z) : 0};
}

static inline str str_from(const char *p, size_t n)
{
    return (str){p, n};
}

static inline bool str_is_none(str s)
{
    return s.p == NULL;
}

static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline str str_skip(str s, size_t n)
{
    if (n >= s.n)
        n = s.n;
    return n > 0 ? (str){s.p + n, s.n - n} : s;
}

/* A heap copy with a NUL after it; the caller frees it. */
char *str_dup(str s);

/* The part of *rest before the next `sep` (or all of it); *rest moves past it, and becomes
 * STR_NONE when there was no `sep` any more. False when *rest was STR_NONE already. */
bool str_split(str *rest, char sep, str *part_out);

/* Without the spaces and tabs around it, which are no part of a header's value (RFC 9110, section 5.5). */
str str_trim(str s);

/* The whole of `s` as a decimal integer: false when empty, signed with '+', padded, or out of range. */
bool str_to_i64(str s, int64_t *value_out);

/* What the hexadecimal digit stands for, whatever its case, or -1. */
int hex_value(char c);

/* Well-formed UTF-8 as RFC 3629 defines it: no surrogates, nothing overlong, at most U+10FFFF. */
bool str_is_utf8(str s);

#endif
