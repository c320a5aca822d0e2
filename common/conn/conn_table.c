#include "conn/conn_table.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

struct conn_slot {
    struct conn *conn; /* NULL: free */
    uint32_t generation;
    uint32_t free_next;
};

struct conn_ref conn_table_add(struct conn_table *t, struct conn *conn)
{
    uint32_t slot;

    if (t->free_first > 0) {
        slot = t->free_first - 1;
        t->free_first = t->slots[slot].free_next;
    } else {
        if (t->n == t->cap) {
            t->cap = t->cap ? t->cap * 2 : 64;
            t->slots = mem_array(t->slots, t->cap, sizeof(struct conn_slot));
        }
        slot = (uint32_t)t->n++;
        t->slots[slot] = (struct conn_slot){0};
    }
    t->slots[slot].conn = conn;
    if (++t->slots[slot].generation == 0)
        t->slots[slot].generation = 1;
    return (struct conn_ref){slot, t->slots[slot].generation};
}

struct conn *conn_table_get(const struct conn_table *t, struct conn_ref ref)
{
    if (ref.generation == 0 || ref.slot >= t->n || t->slots[ref.slot].generation != ref.generation)
        return NULL;
    return t->slots[ref.slot].conn;
}

struct conn *conn_table_at(const struct conn_table *t, size_t slot)
{
    return t->slots[slot].conn;
}

void conn_table_remove(struct conn_table *t, struct conn_ref ref)
{
    CHECK(conn_table_get(t, ref) != NULL);
    t->slots[ref.slot].conn = NULL;
    t->slots[ref.slot].free_next = t->free_first;
    t->free_first = ref.slot + 1;
}

void conn_table_fini(struct conn_table *t)
{
    free(t->slots);
    *t = (struct conn_table){0};
}
