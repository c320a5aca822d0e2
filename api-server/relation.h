/* What is between two users, changed on both sides and in their direct conversation. That is three slots of Redis, so
 * never one step.
 *
 * What holds instead: each user's own hash says what that user has decided (ADDED, BLOCKS; store/contact.h). The rest
 * are copies: ADDS_ME and BLOCKS_ME on the other side, and who blocks in the conversation. A change writes what was
 * decided, brings the copies in line, and looks again until nothing differs any more; so whoever writes a copy last has
 * seen that it is true, however many change the same at once.
 *
 * What keeps somebody out is written first and taken back last. A crash in between therefore leaves a block in force
 * that the list does not show yet, or not any more; or a contact whom the other side does not know of. The same request
 * again, or any other change between the two, by whichever side, brings all in line. */
#ifndef CHATAPP_API_RELATION_H
#define CHATAPP_API_RELATION_H

#include "api_settings.h"
#include "base/err.h"
#include "base/str.h"

enum relation_result {
    RELATION_DONE,
    RELATION_GONE,      /* the user's own account */
    RELATION_PEER_GONE, /* there is no such peer */
    RELATION_BLOCKED,   /* the user blocks whom they would add */
    RELATION_FULL,      /* the user has as many as may be */
    RELATION_PEER_FULL, /* the peer has as many open requests as may be */
    RELATION_UNAVAILABLE
};

struct relation {
    const struct api_settings *settings;
    str user;        /* who changes it */
    str peer;        /* somebody else */
    int mask;        /* what the user keeps of the peer, as it stands then */
    bool is_new;     /* what was asked for was not so before */
    bool is_refused; /* a request, by the peer's limit */
};

/* Each may be repeated. Five round trips to Redis or so. */
enum relation_result relation_add(struct relation *r);
/* Both are off each other's list of contacts: a request is taken back, or turned down. */
enum relation_result relation_remove(struct relation *r);
enum relation_result relation_block(struct relation *r);
enum relation_result relation_unblock(struct relation *r);

/* For a peer who is no more: the user's side and the conversation. */
void relation_forget(str user, str peer);
/* Everything between an erased user and others. May be repeated. ERR_UNAVAILABLE: not finished. */
MUST_USE enum err relation_erase(str user);

#endif
