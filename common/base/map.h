/* A hash table from text to pointers, for tables whose keys clients choose: keyed SipHash (libsodium), so that
 * nobody can make them collide. The key's bytes belong to the value and must stay put while it is in the map. */
#ifndef CHATAPP_BASE_MAP_H
#define CHATAPP_BASE_MAP_H

#include "base/str.h"

struct map_slot {
    str key; /* p NULL: free */
    size_t hash;
    void *value;
};

struct map {
    struct map_slot *slots;
    size_t n;
    size_t cap; /* a power of two, or 0 */
};

void map_fini(struct map *m);                      /* the values are the caller's */
void *map_get(const struct map *m, str key);       /* NULL when there is none */
void map_put(struct map *m, str key, void *value); /* the key must not be in the map */
void map_remove(struct map *m, str key);           /* must be in the map */
/* All values in no order: start with *at = 0; NULL at the end. The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at);

#endif
