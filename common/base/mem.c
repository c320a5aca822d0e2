#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

void *mem_resize(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    CHECK(p != NULL);
    return p;
}

void *mem_alloc(size_t size)
{
    return mem_resize(NULL, size);
}

void *mem_zalloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    CHECK(p != NULL);
    return p;
}

void *mem_array(void *old, size_t count, size_t item_size)
{
    size_t size;
    CHECK(!__builtin_mul_overflow(count, item_size, &size));
    return mem_resize(old, size);
}

char *mem_dup(const char *bytes, size_t n)
{
    char *p = mem_alloc(n + 1);
    if (n > 0)
        memcpy(p, bytes, n);
    p[n] = '\0';
    return p;
}
