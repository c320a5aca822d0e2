/* Heap memory that is there or the process ends.
 *
 * What was acked is in Redis and a supervisor starts the daemon again, so nothing is gained by
 * limping on without memory. Sizes that come from outside are bounded before they get here. */
#ifndef CHATAPP_BASE_MEM_H
#define CHATAPP_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                               /* not zeroed; free with free() */
void *mem_zalloc(size_t size);                              /* zeroed */
void *mem_resize(void *old, size_t size);                   /* old may be NULL */
void *mem_array(void *old, size_t count, size_t item_size); /* realloc, overflow checked */
char *mem_dup(const char *bytes, size_t n);                 /* n bytes and a NUL after them */

#endif
