/* How many of each: connections by address. Pure. */
#ifndef CHATAPP_CONN_TALLY_H
#define CHATAPP_CONN_TALLY_H

#include "base/map.h"

struct tally {
    struct map entries;
};

/* Counts one more, unless there are `max` already (0: any number); then NULL. Else the key, which stays until the last
 * one is removed. */
const char *tally_add(struct tally *t, str key, int64_t max);
void tally_remove(struct tally *t, str key);
void tally_fini(struct tally *t);

#endif
