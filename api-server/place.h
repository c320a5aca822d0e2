/* Where people sign in from: what is kept of an address block is a hash that is another one for each account. */
#ifndef CHATAPP_API_PLACE_H
#define CHATAPP_API_PLACE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

#define PLACE_LEN 32

struct place {
    char text[PLACE_LEN + 1];
};

struct place place_of(str user, str block);
/* Did its owner sign in from there in the last 30 days? */
MUST_USE enum err place_is_known(str user, const struct place *place, bool *known_out);

#endif
