#include "fmt.h"

#include <stdio.h>

#include "base/buf.h"

#define SLOTS 4096

/* Tests have one thread, and each program ends soon. */
static const char *keep(struct buf *text)
{
    static struct buf slots[SLOTS];
    static size_t next;
    struct buf *slot = &slots[next++ % SLOTS];

    buf_fini(slot);
    (void)buf_cstr(text);
    *slot = *text;
    return slot->p;
}

const char *fmt_v(const char *format, va_list args)
{
    struct buf text = {0};
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    (void)vsnprintf(buf_reserve(&text, (size_t)n + 1), (size_t)n + 1, format, again);
    text.n = (size_t)n;
    va_end(again);
    return keep(&text);
}

const char *fmt(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = fmt_v(format, args);
    va_end(args);
    return text;
}

const char *fmt_repeat(char c, size_t n)
{
    struct buf text = {0};

    memset(buf_reserve(&text, n + 1), c, n);
    text.n = n;
    return keep(&text);
}

const char *fmt_json(const char *json)
{
    struct buf text = {0};

    if (strchr(json, '"') != NULL)
        return json;
    buf_add_str(&text, str_of(json));
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\'')
            text.p[i] = '"';
    return keep(&text);
}
