/* Contacts for the benches of presence: written into Redis as the api-server would, thousands at a time; and what comes of
 * them on the wire. */
#ifndef CHATAPP_BENCH_FRIENDS_H
#define CHATAPP_BENCH_FRIENDS_H

#include "accounts.h"
#include "pipeline.h"

#define PRESENCE_PATH "/presence"

/* The account gets all of `list` as mutual contacts, on its own side alone. */
void friends_add(struct pipeline *redis, const struct accounts *accounts, size_t account,
                 const size_t *list, size_t n);

/* What a `presence` frame says, or an entry of `ready`. */
struct sight {
    size_t account; /* by its name */
    bool online;    /* away and busy as well */
    str text;       /* as it stands there; empty: none */
};

/* The next one in *rest, which moves past it; false: there is none. */
bool sight_next(str *rest, struct sight *sight_out);

#endif
