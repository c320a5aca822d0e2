#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/mem.h"

#define FIRST_CAPACITY 256

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t need;
    CHECK(!__builtin_add_overflow(b->n, n, &need));
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : FIRST_CAPACITY;
        b->cap = cap > need ? cap : need;
        b->p = mem_resize(b->p, b->cap);
    }
    return b->p + b->n;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    memcpy(buf_reserve(b, n), bytes, n);
    b->n += n;
}

void buf_add_str(struct buf *b, str s)
{
    buf_add(b, s.p, s.n);
}

void buf_add_char(struct buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    b->n++;
}

void buf_add_i64(struct buf *b, int64_t value)
{
    b->n += decimal_write(buf_reserve(b, DECIMAL_MAX), value);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_list again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(b->p ? b->p + b->n : NULL, b->cap - b->n, format, args); /* mostly it fits */
    CHECK(n >= 0);
    if ((size_t)n >= b->cap - b->n)
        (void)vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1, format, again);
    b->n += (size_t)n;
    va_end(again);
    va_end(args);
}

const char *buf_cstr(struct buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return b->p;
}

char *buf_take(struct buf *b, size_t *n_out)
{
    char *p = b->p ? b->p : mem_alloc(1);
    *n_out = b->n;
    *b = (struct buf){0};
    return p;
}
