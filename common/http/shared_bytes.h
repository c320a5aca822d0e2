/* Bytes that never change, shared by reference count: one profile or page, sent to many at once. */
#ifndef CHATAPP_HTTP_SHARED_BYTES_H
#define CHATAPP_HTTP_SHARED_BYTES_H

#include "base/buf.h"

struct shared_bytes;

/* One reference, the caller's. Takes the buffer's memory and leaves it empty. */
struct shared_bytes *shared_bytes_take(struct buf *content);
struct shared_bytes *shared_bytes_ref(struct shared_bytes *bytes);
void shared_bytes_unref(struct shared_bytes *bytes); /* NULL is fine */
str shared_bytes_view(const struct shared_bytes *bytes);

#endif
