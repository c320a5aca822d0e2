/* Open addressing with linear probing; removal shifts back what follows, so there are no tombstones. */
#include "base/map.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define FIRST_CAPACITY 16

static const unsigned char *hash_key(void)
{
    static unsigned char key[crypto_shorthash_KEYBYTES]; /* one for the process */
    static bool made;

    if (!made) {
        crypto_shorthash_keygen(key);
        made = true;
    }
    return key;
}

static size_t hash_of(str key)
{
    uint64_t hash;
    (void)crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key.p, key.n, hash_key());
    return (size_t)hash;
}

/* Where `key` is, or the free slot where it would go. */
static size_t find(const struct map *m, str key, size_t hash)
{
    size_t i = hash & (m->cap - 1);
    while (m->slots[i].key.p != NULL && (m->slots[i].hash != hash || !str_eq(m->slots[i].key, key)))
        i = (i + 1) & (m->cap - 1);
    return i;
}

static void grow(struct map *m)
{
    struct map old = *m;

    m->cap = old.cap ? old.cap * 2 : FIRST_CAPACITY;
    m->slots = mem_zalloc(m->cap * sizeof(struct map_slot));
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].key.p != NULL)
            m->slots[find(m, old.slots[i].key, old.slots[i].hash)] = old.slots[i];
    free(old.slots);
}

void map_fini(struct map *m)
{
    free(m->slots);
    *m = (struct map){0};
}

void *map_get(const struct map *m, str key)
{
    return m->n ? m->slots[find(m, key, hash_of(key))].value : NULL;
}

void map_put(struct map *m, str key, void *value)
{
    CHECK(key.p != NULL && value != NULL);
    if (m->n * 4 >= m->cap * 3)
        grow(m);
    size_t hash = hash_of(key);
    struct map_slot *slot = &m->slots[find(m, key, hash)];
    CHECK(slot->key.p == NULL);
    *slot = (struct map_slot){key, hash, value};
    m->n++;
}

void map_remove(struct map *m, str key)
{
    CHECK(m->n > 0);
    size_t hole = find(m, key, hash_of(key));
    CHECK(m->slots[hole].key.p != NULL);
    size_t mask = m->cap - 1;

    for (size_t i = (hole + 1) & mask; m->slots[i].key.p != NULL; i = (i + 1) & mask) {
        size_t distance = (i - m->slots[i].hash) & mask; /* from where it wants to be */
        if (distance >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct map_slot){0};
    m->n--;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;
        if (value != NULL)
            return value;
    }
    return NULL;
}
