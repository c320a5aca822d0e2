/* A connection on its way in: the time it has for signing in, and the frames that came before it was ready. Gone, with
 * its memory, once it is. */
#ifndef CHATAPP_CONN_DOOR_H
#define CHATAPP_CONN_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct claims;
struct conn;

struct door_line { /* those who have yet to sign in, in order of arrival */
    struct door *first;
    struct door *last;
};

/* For a new connection; `claims`, which it takes over, are what the upgrade's header said (NULL: nothing). */
struct door *door_new(struct conn *conn, struct claims *claims);
void door_free(struct door **door);

const struct claims *door_claims(const struct door *door);
/* From now on it has so long to sign in, or is closed (4408). */
void door_expect_auth(struct door *door, int64_t until_ms);
void door_auth_came(struct door *door);
/* Keeps a frame for later. False: too many, or too much. */
bool door_keep(struct door *door, str text);
/* The oldest frame that was kept, until the next call; STR_NONE: there is none. */
str door_take(struct door *door);

/* Closes those whose time is over; to be called several times a second. */
void door_expire(struct door_line *line, int64_t now_ms);

#endif
