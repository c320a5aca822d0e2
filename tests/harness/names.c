#include "names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The text's slot, or the free one where it belongs (FNV-1a, linear probing). */
static int *find_slot(const struct names *names, const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (const char *p = text; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    for (size_t i = hash & (names->n_slots - 1);; i = (i + 1) & (names->n_slots - 1)) {
        int *slot = &names->slots[i];
        if (*slot == 0 || strcmp(names->texts[*slot - 1], text) == 0)
            return slot;
    }
}

static void grow(struct names *names)
{
    names->n_slots = names->n_slots ? names->n_slots * 2 : 64;
    free(names->slots);
    names->slots = mem_zalloc(names->n_slots * sizeof *names->slots);
    names->texts = mem_array(names->texts, names->n_slots, sizeof *names->texts);
    for (size_t i = 0; i < names->n; i++)
        *find_slot(names, names->texts[i]) = (int)i + 1;
}

int names_number(struct names *names, const char *text)
{
    if (names->n * 2 >= names->n_slots)
        grow(names);
    int *slot = find_slot(names, text);
    if (*slot == 0) {
        names->texts[names->n++] = mem_dup(text, strlen(text));
        *slot = (int)names->n;
    }
    return *slot - 1;
}

const char *names_text(const struct names *names, int number)
{
    return number < 0 ? "(none)" : names->texts[number];
}

void names_fini(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->texts[i]);
    free(names->texts);
    free(names->slots);
    *names = (struct names){0};
}
