#include "base/rate_book.h"

#include <stdlib.h>

#include "base/mem.h"

#define PURGE_LEAST 1024

struct entry {
    struct rate rate;
    size_t name_n;
    char name[];
};

static struct entry *entry_new(struct rate_book *book, str name)
{
    struct entry *e = mem_alloc(sizeof *e + name.n);

    *e = (struct entry){.name_n = name.n};
    memcpy(e->name, name.p, name.n);
    map_put(&book->entries, str_from(e->name, e->name_n), e);
    return e;
}

/* Moves those who have used something up to a new map, and lets the others go: nothing of them is worth knowing. */
static void purge(struct rate_book *book, int64_t now_us)
{
    struct map kept = {0};
    struct entry *e;
    size_t at = 0;

    while ((e = map_next(&book->entries, &at)) != NULL) {
        if (e->rate.due_us > now_us)
            map_put(&kept, str_from(e->name, e->name_n), e);
        else
            free(e);
    }
    map_fini(&book->entries);
    book->entries = kept;
    book->purge_at = kept.n * 2 > PURGE_LEAST ? kept.n * 2 : PURGE_LEAST;
}

bool rate_book_allow(struct rate_book *book, str name, int64_t per_minute, int64_t now_us)
{
    if (per_minute == 0)
        return true;
    struct entry *e = map_get(&book->entries, name);
    if (e == NULL) {
        if (book->entries.n >= book->purge_at)
            purge(book, now_us);
        e = entry_new(book, name);
    }
    return rate_allow(&e->rate, per_minute, now_us);
}

void rate_book_fini(struct rate_book *book)
{
    struct entry *e;
    size_t at = 0;

    while ((e = map_next(&book->entries, &at)) != NULL)
        free(e);
    map_fini(&book->entries);
}
