#include "conn/tally.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

struct entry {
    int64_t n;
    size_t key_n;
    char key[];
};

const char *tally_add(struct tally *t, str key, int64_t max)
{
    struct entry *e = map_get(&t->entries, key);
    if (e == NULL) {
        e = mem_zalloc(sizeof *e + key.n + 1);
        e->key_n = key.n;
        memcpy(e->key, key.p, key.n);
        map_put(&t->entries, str_from(e->key, e->key_n), e);
    } else if (max > 0 && e->n >= max) {
        return NULL;
    }
    e->n++;
    return e->key;
}

void tally_remove(struct tally *t, str key)
{
    struct entry *e = map_get(&t->entries, key);
    CHECK(e != NULL);
    if (--e->n > 0)
        return;
    map_remove(&t->entries, key);
    free(e);
}

void tally_fini(struct tally *t)
{
    size_t at = 0;
    void *e;

    while ((e = map_next(&t->entries, &at)) != NULL)
        free(e);
    map_fini(&t->entries);
}
