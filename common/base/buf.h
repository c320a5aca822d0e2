/* Bytes we own, growing at the end. {0} is an empty one; buf_fini() gives the memory back. */
#ifndef CHATAPP_BASE_BUF_H
#define CHATAPP_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
};

void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* empty, memory kept */
/* Room for `n` more bytes after b->n, which the caller fills and then counts in b->n. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_str(struct buf *b, str s);
void buf_add_char(struct buf *b, char c);
void buf_add_i64(struct buf *b, int64_t value); /* decimal */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The content with a NUL after it, which is not counted. Borrowed until the next change. */
const char *buf_cstr(struct buf *b);
/* The content as malloc()ed memory that is now the caller's; the buffer is empty afterwards. */
char *buf_take(struct buf *b, size_t *n_out);

static inline str buf_view(const struct buf *b)
{
    return str_from(b->p, b->n);
}

#endif
