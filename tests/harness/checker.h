/* The history checker: told what clients did and saw, and what the histories say in the end, it
 * decides whether the chat kept its promises. Pure.
 *
 *   1  an acked message is in the history once, under the seq that the ack said, as it was sent
 *   2  one whose outcome is unknown at most once; one that was refused, or that nobody sent, never
 *   3  a seq has one value, the same for every reader, and each reader's history is without a gap;
 *      what is read after an ack reaches as far as that
 *   4  a device has seen every seq of the times when its user was a member; on one connection the
 *      frames of a conversation, and the acks in the place of own messages, are without a gap, in
 *      order, each once
 *   5  a sync gives all that it says it gave, and then `synced`, or nothing
 *   6  one sender's messages keep their order: when one was acked before the next was sent, or when
 *      they were sent in a row on one connection
 *   7  nobody has seen, read or said anything where they were no member, and a change of membership
 *      that was answered is in the history, once
 *   8  markers only move forward, and only where somebody moved them to; unread is what is beyond;
 *      nobody is said to be typing who is not
 *
 * (The numbers are those of the list of invariants.)
 *
 * Words: a device is one client program of a user; it has one connection after another. Pages of
 * history count as a connection of their own, which is only told of pages. */
#ifndef CHATAPP_HARNESS_CHECKER_H
#define CHATAPP_HARNESS_CHECKER_H

#include <stdint.h>

#include "base/buf.h"

struct checker *checker_new(void);
void checker_free(struct checker *c);

/* What is told from now on happens at this time; for the findings only. */
void checker_clock(struct checker *c, int64_t ms);
/* The moment, for functions that ask when something was asked for. */
int64_t checker_now(const struct checker *c);

int checker_device(struct checker *c, const char *user);
int checker_connection(struct checker *c, int device); /* it is being opened */

/* A frame of a conversation's sequence. */
struct checker_record {
    const char *conversation;
    int64_t seq;
    const char *id;   /* NULL: a member frame */
    const char *from; /* the sender; of a member frame, whom it is about */
    enum { ACTION_OTHER, ACTION_JOINED, ACTION_LEFT } action; /* of a member frame */
    uint32_t content; /* differs when text, data or reply_to does */
};

/* --- messages, in the order in which it all happened ------------------------------------------ */

/* A message sent again is told again. */
void checker_sent(struct checker *c, int connection, const char *conversation, const char *id,
                  uint32_t content);
void checker_acked(struct checker *c, int connection, const char *id, int64_t seq, bool duplicate);
void checker_refused(struct checker *c, const char *id); /* for good: retry was false */

/* The connection was told that frames of the conversation after `seq` come on it; `ready` told so,
 * or a `conversation` frame. */
void checker_starts(struct checker *c, int connection, const char *conversation, int64_t seq,
                    bool in_ready);
void checker_saw(struct checker *c, int connection, const struct checker_record *record);
/* Something else of the conversation came on it. */
void checker_heard(struct checker *c, int connection, const char *conversation);

/* A page was asked for then, and begins after `seq`; its records are told with checker_saw(). */
void checker_page(struct checker *c, int connection, const char *conversation, int64_t seq,
                  int64_t asked_at);
/* Somebody who asked then was told that the conversation goes to `seq`. */
void checker_reaches(struct checker *c, const char *conversation, int64_t seq, int64_t asked_at);

/* --- sync -------------------------------------------------------------------------------------- */

struct checker_sync {
    const char *conversation;
    int64_t position;
    bool in_order; /* sent before `ready`: not even live frames come between */
    bool honest;   /* the epoch and the position are what they should be */
};
void checker_sync(struct checker *c, int connection, const struct checker_sync *sync);
/* `repeats`: it may give what has come on the connection before. */
void checker_synced(struct checker *c, int connection, const char *conversation, bool recovered,
                    int64_t seq, bool repeats);
void checker_sync_failed(struct checker *c, int connection, const char *conversation);

/* --- members ----------------------------------------------------------------------------------- */

/* A member from the first seq on; other times are learnt from the history. */
void checker_member(struct checker *c, const char *conversation, const char *user);
/* A change by HTTP: from when it was first tried until it is certain to be done. */
enum checker_change { CHANGE_ADDING, CHANGE_ADDED, CHANGE_REMOVING, CHANGE_REMOVED };
void checker_changes(struct checker *c, const char *conversation, const char *user,
                     enum checker_change change);

/* --- markers and typing ------------------------------------------------------------------------ */

enum checker_marker { MARKER_READ, MARKER_RECEIVED };
void checker_marks(struct checker *c, const char *conversation, const char *user,
                   enum checker_marker marker, int64_t seq);
/* A receipt; 0: not that marker. */
void checker_receipt(struct checker *c, int connection, const char *conversation, const char *user,
                     int64_t read, int64_t received);

/* The user's list, asked for at that moment, shows the conversation so. */
struct checker_view {
    int64_t seq;
    int64_t read;
    int64_t unread;
};
void checker_view(struct checker *c, const char *conversation, const char *user,
                  const struct checker_view *view, int64_t asked_at);

void checker_types(struct checker *c, const char *conversation, const char *user);
void checker_typing(struct checker *c, int connection, const char *conversation, const char *user);

/* --- in the end -------------------------------------------------------------------------------- */

/* What stands in the history that `reader` gets. To be told of an empty one too. */
void checker_reader(struct checker *c, const char *reader, const char *conversation);
void checker_read(struct checker *c, const char *reader, const struct checker_record *record);

/* What a client found to be wrong by itself. */
void checker_object(struct checker *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

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
    size_t recovered; /* syncs, by conversation */
    size_t not_recovered;
    size_t changes; /* of membership */
    size_t receipts;
    size_t views;
    size_t typing;
};
struct checker_counts checker_counts(const struct checker *c);

#endif
