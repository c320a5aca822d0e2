#include "http/shared_bytes.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

struct shared_bytes {
    _Atomic int references;
    char *p;
    size_t n;
};

struct shared_bytes *shared_bytes_take(struct buf *content)
{
    struct shared_bytes *bytes = mem_alloc(sizeof *bytes);

    atomic_init(&bytes->references, 1);
    bytes->p = buf_take(content, &bytes->n);
    return bytes;
}

struct shared_bytes *shared_bytes_ref(struct shared_bytes *bytes)
{
    atomic_fetch_add_explicit(&bytes->references, 1, memory_order_relaxed);
    return bytes;
}

void shared_bytes_unref(struct shared_bytes *bytes)
{
    if (bytes == NULL || atomic_fetch_sub_explicit(&bytes->references, 1, memory_order_acq_rel) > 1)
        return;
    free(bytes->p);
    free(bytes);
}

str shared_bytes_view(const struct shared_bytes *bytes)
{
    return str_from(bytes->p, bytes->n);
}
