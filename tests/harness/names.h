/* Small numbers for texts: equal texts get equal numbers, 0, 1, 2 … in the order of their first
 * appearance. Pure. */
#ifndef CHATAPP_HARNESS_NAMES_H
#define CHATAPP_HARNESS_NAMES_H

#include <stddef.h>

struct names {
    char **texts;
    size_t n;
    int *slots; /* hash table of number + 1, 0: free */
    size_t n_slots;
};

int names_number(struct names *names, const char *text);
const char *names_text(const struct names *names, int number);
void names_fini(struct names *names);

#endif
