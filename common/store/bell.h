/* What is said on a chat-server's channel `node:NODE`: doorbells, short texts of one kind byte and words
 * with one space between. The log is the truth: a lost bell costs time, never a message. Pure.
 *
 *     L <conversation> <record>      appended to the log (the record in full, so that no one need read it)
 *     J <user> <conversation> <seq>  the user was added; frames after seq are new to them
 *     C <conversation>               name or the like changed: read it again
 *     R <conversation> <user> <read|-> <received|->   a marker moved
 *     O <conversation> <user> <read|-> <received|->   the same, but only the user's own devices are told
 *     T <conversation> <user> <0|1>  typing
 */
#ifndef CHATAPP_STORE_BELL_H
#define CHATAPP_STORE_BELL_H

#include "base/err.h"
#include "base/str.h"

enum bell_kind {
    BELL_LOG = 'L',
    BELL_JOINED = 'J',
    BELL_CHANGED = 'C',
    BELL_MARKER = 'R',
    BELL_OWN_MARKER = 'O',
    BELL_TYPING = 'T'
};

struct bell {
    enum bell_kind kind;
    str conversation;
    str user;     /* J R O T */
    str record;   /* L */
    int64_t seq;  /* J */
    int64_t read; /* R O, 0: not moved */
    int64_t received;
    bool active; /* T */
};

/* Borrows from `text`. ERR_INVALID: not one of these. */
MUST_USE enum err bell_parse(str text, struct bell *bell_out);

#endif
