/* Names for connections that outlive them: a reply from Redis may come when its client has long gone, so operations
 * keep a conn_ref and look the connection up. A slot is used again under another generation. Pure. */
#ifndef CHATAPP_CONN_CONN_TABLE_H
#define CHATAPP_CONN_CONN_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct conn;

struct conn_ref {
    uint32_t slot;
    uint32_t generation; /* 0: no connection */
};

#define CONN_NONE ((struct conn_ref){0, 0})

struct conn_table {
    struct conn_slot *slots;
    size_t n;
    size_t cap;
    uint32_t free_first; /* slot + 1; 0: none free */
};

struct conn_ref conn_table_add(struct conn_table *t, struct conn *conn);
void conn_table_remove(struct conn_table *t, struct conn_ref ref);
struct conn *conn_table_get(const struct conn_table *t, struct conn_ref ref); /* NULL when gone */
/* The one in a slot, for going through all: slots are 0 … n-1. NULL: free. */
struct conn *conn_table_at(const struct conn_table *t, size_t slot);
void conn_table_fini(struct conn_table *t);

#endif
