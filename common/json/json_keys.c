#include "json/json_keys.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/json_escape.h"

#define FEW 12 /* compare each with each up to here, sort above */

void json_keys_init(struct json_keys *keys, struct json_key *first, size_t n_first)
{
    *keys = (struct json_keys){.list = first, .cap = n_first};
}

void json_keys_fini(struct json_keys *keys)
{
    if (keys->on_heap)
        free(keys->list);
    *keys = (struct json_keys){0};
}

static void grow(struct json_keys *keys)
{
    struct json_key *old = keys->list;

    keys->cap *= 2;
    keys->list = mem_array(keys->on_heap ? old : NULL, keys->cap, sizeof *old);
    if (!keys->on_heap)
        memcpy(keys->list, old, keys->n * sizeof *old);
    keys->on_heap = true;
}

void json_keys_add(struct json_keys *keys, str text, bool escaped)
{
    if (keys->n == keys->cap)
        grow(keys);
    keys->list[keys->n++] = (struct json_key){text, escaped};
}

static int compare(const void *left, const void *right)
{
    str a = ((const struct json_key *)left)->text;
    str b = ((const struct json_key *)right)->text;
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static bool few_differ(const struct json_key *list, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(list[i].text, list[j].text))
                return false;
    return true;
}

static bool many_differ(struct json_key *list, size_t n)
{
    qsort(list, n, sizeof *list, compare);
    for (size_t i = 1; i < n; i++)
        if (str_eq(list[i - 1].text, list[i].text))
            return false;
    return true;
}

/* Makes every key say what it means, in memory that the caller frees; NULL when all do already. */
static char *unescape(struct json_key *list, size_t n)
{
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += list[i].escaped ? list[i].text.n : 0;
    if (size == 0)
        return NULL;
    char *memory = mem_alloc(size);
    char *to = memory;
    for (size_t i = 0; i < n; i++) {
        if (!list[i].escaped)
            continue;
        list[i].text = str_from(to, json_unescape(list[i].text, to));
        to += list[i].text.n;
    }
    return memory;
}

bool json_keys_close(struct json_keys *keys, size_t outer)
{
    struct json_key *list = keys->list + outer;
    size_t n = keys->n - outer;
    char *memory = unescape(list, n);
    bool differ = n <= FEW ? few_differ(list, n) : many_differ(list, n);

    free(memory);
    keys->n = outer;
    return differ;
}
