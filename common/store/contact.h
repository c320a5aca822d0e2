/* What is between two users: contacts and blocks. Each has one hash, `u:{NAME}:contacts`: other user → the sum of these
 * bits, as a decimal number; no field when there is nothing.
 *
 * The one who decides keeps ADDED and BLOCKS on their own side; ADDS_ME and BLOCKS_ME are the copy that the other one
 * keeps of it, in another slot (api-server/relation.h keeps the two in line). BLOCKS_ME alone is not kept: it
 * changes nothing, and strangers could fill a hash with it. A block leaves ADDED and ADDS_ME as they are, so that all is
 * as before when it ends. */
#ifndef CHATAPP_STORE_CONTACT_H
#define CHATAPP_STORE_CONTACT_H

#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

enum {
    CONTACT_ADDED = 1,
    CONTACT_ADDS_ME = 2,
    CONTACT_BLOCKS = 4,
    CONTACT_BLOCKS_ME = 8,
};

/* The two see each other's presence. */
static inline bool contact_is_visible(int mask)
{
    return mask == (CONTACT_ADDED | CONTACT_ADDS_ME);
}

/* As far as either can tell: of being blocked one does not know. */
static inline bool contact_is_mutual(int mask)
{
    return (mask & ~CONTACT_BLOCKS_ME) == (CONTACT_ADDED | CONTACT_ADDS_ME);
}

/* "requested", "incoming", "mutual", or NULL: not on the list of contacts. Says nothing of being blocked. */
const char *contact_state(int mask);

/* The part of it that the other side has a copy of, as it stands there. */
int contact_copy(int mask);
#define CONTACT_COPIES (CONTACT_ADDS_ME | CONTACT_BLOCKS_ME)

/* Clears bits, then sets bits. `most`: how many others may have the one that is set (ADDED, ADDS_ME without ADDED, or
 * BLOCKS); 0: any number. One that is set already is never refused. */
void contact_change(struct redis_command *c, str user, str peer, int clear, int set, int64_t most);

struct contact_changed {
    int before;
    int after;
};

/* ERR_NOT_FOUND: `user` has no account. ERR_FULL: `most` others have it. ERR_DENIED: the one to be added is blocked. */
MUST_USE enum err contact_was_changed(const struct redisReply *reply,
                                      struct contact_changed *changed_out);

/* What `user` keeps of `peer` (contact_mask_read(): 0 for nothing), and of all others. */
void contact_mask(struct redis_command *c, str user, str peer);
int contact_mask_read(const struct redisReply *reply);
void contact_list(struct redis_command *c, str user);
/* Of each of these peers: an array of as many. */
void contact_masks(struct redis_command *c, str user, const str *peers, size_t n);

struct contact_item {
    str peer;
    int mask;
};

size_t contact_list_count(const struct redisReply *reply);
struct contact_item contact_list_item(const struct redisReply *reply, size_t i);

/* Whatever there was, without looking. */
void contact_forget(struct redis_command *c, str user, str peer);

/* Nobody writes to the direct conversation while one of the two blocks the other; whether it exists yet or not. The
 * answer is {"changed"} or {"same"}. */
void direct_block(struct redis_command *c, str conversation, str user, bool blocks);
/* Neither blocks. */
void direct_unblock(struct redis_command *c, str conversation);
/* May there be a first message to it? */
void direct_may_open(struct redis_command *c, str conversation);
/* ERR_DENIED: there is no such conversation, and a block keeps it from being opened. */
MUST_USE enum err direct_may_open_read(const struct redisReply *reply);

#endif
