/* What is said on the channel `presence`, to all presence-servers: short texts of one kind byte and words with one space
 * between, as on a chat-server's channel (store/bell.h). What it is about is read from Redis: a lost bell costs time,
 * and one that comes twice does no harm. Pure.
 *
 *     C <user> <peer>   what is between these two has changed (store/contact.h); written on both sides already
 */
#ifndef CHATAPP_STORE_PRESENCE_BELL_H
#define CHATAPP_STORE_PRESENCE_BELL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "redis/redis_command.h"

enum presence_bell_kind { PRESENCE_BELL_CONTACT = 'C' };

struct presence_bell {
    enum presence_bell_kind kind;
    str user;
    str peer; /* C */
};

/* Borrows from `text`. ERR_INVALID: not one of these. */
MUST_USE enum err presence_bell_parse(str text, struct presence_bell *bell_out);
/* Appends its text. */
void presence_bell_put(struct buf *out, const struct presence_bell *bell);

void presence_ring(struct redis_command *c, str text);

#endif
