/* Usernames: [a-z0-9][a-z0-9._-]{2,31}; upper case is folded before anything else looks at them. */
#ifndef CHATAPP_BASE_USERNAME_H
#define CHATAPP_BASE_USERNAME_H

#include "base/err.h"
#include "base/str.h"

#define USERNAME_MIN 3
#define USERNAME_MAX 32

struct username {
    char text[USERNAME_MAX + 1]; /* folded, NUL-terminated */
};

/* ERR_INVALID when `raw` is not one even after folding A-Z; *name_out is then untouched. */
MUST_USE enum err username_parse(str raw, struct username *name_out);

/* A username as it is kept: folded already. */
bool username_is_kept(str text);

static inline str username_view(const struct username *name)
{
    return str_of(name->text);
}

#endif
