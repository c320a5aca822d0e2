/* The history checker: told what clients did and saw, and what the histories say in the end, it
 * decides whether the chat kept its promises. Pure.
 *
 *   1  an acked message is in the history once, under the seq that the ack said, as it was sent
 *   2  one whose outcome is unknown at most once; one that was refused, or that nobody sent, never
 *   3  a seq has one value, the same for every reader, and each reader's history is without a gap
 *   4  a device has seen every seq of its user's conversations (a frame, or the ack of its own);
 *      on one connection the frames of a conversation ascend, and what is left out are own messages
 *   6  one sender's messages keep their order: when one was acked before the next was sent, or when
 *      they were sent in a row on one connection
 *   7  nobody has seen or read what is not theirs
 *
 * (The numbers are those of the list of invariants; 5 shows as a gap on a connection.)
 *
 * Words: a device is one client program of a user; it has one connection after another. */
#ifndef CHATAPP_HARNESS_CHECKER_H
#define CHATAPP_HARNESS_CHECKER_H

#include <stdint.h>

#include "base/buf.h"

struct checker *checker_new(void);
void checker_free(struct checker *c);

int checker_device(struct checker *c, const char *user);
int checker_connection(struct checker *c, int device);

/* The user's conversation, from seq `first` (usually 1) to `last` (0: to the end). Several spans
 * may be told. */
void checker_member(struct checker *c, const char *conversation, const char *user, int64_t first,
                    int64_t last);

/* What a device did and saw, in the order in which it happened. A message sent again is told
 * again. */
void checker_sent(struct checker *c, int connection, const char *conversation, const char *id);
void checker_acked(struct checker *c, const char *id, int64_t seq);
void checker_refused(struct checker *c, const char *id); /* for good: retry was false */
/* The connection was told that frames of the conversation after `seq` come on it. */
void checker_starts(struct checker *c, int connection, const char *conversation, int64_t seq);
/* A message or, with id NULL, a member frame: then `from` is whom it is about. */
void checker_saw(struct checker *c, int connection, const char *conversation, int64_t seq,
                 const char *id, const char *from);

/* What stands in the history that `reader` gets. To be told of an empty one too. */
void checker_reader(struct checker *c, const char *reader, const char *conversation);
void checker_read(struct checker *c, const char *reader, const char *conversation, int64_t seq,
                  const char *id, const char *from);

/* Each broken promise is a line appended to *findings; returns how many there are. 0: all was
 * kept. */
size_t checker_judge(struct checker *c, struct buf *findings);

/* For showing that a loss is found: takes one acked message out of what was read. False: there
 * was none. */
bool checker_plant_loss(struct checker *c);

/* How much was checked. */
struct checker_counts {
    size_t sent;
    size_t acked;
    size_t unknown;
    size_t seen;
    size_t read;
};
struct checker_counts checker_counts(const struct checker *c);

#endif
