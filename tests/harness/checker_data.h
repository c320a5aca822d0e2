/* What the checker was told, and what its judges share: checker.c writes it down; checker_judge.c
 * goes over the histories, checker_members.c over who was a member when, checker_streams.c over
 * what came on the connections, checker_markers.c over markers and typing. */
#ifndef CHATAPP_HARNESS_CHECKER_DATA_H
#define CHATAPP_HARNESS_CHECKER_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker.h"
#include "names.h"

#define NOBODY (-1)
#define FOREVER INT64_MAX

/* A message that a client sent, under the number of its id. Moments are counted in things told. */
struct sent {
    int device; /* NOBODY: no client ever sent this id */
    int conversation;
    int connection; /* of the first attempt */
    int attempts;
    uint32_t content;
    int64_t sent_at; /* first */
    int64_t acked_at;
    int64_t seq;       /* the ack's; 0: none came */
    int64_t other_seq; /* a later ack's that said otherwise; 0: none did */
    bool refused;
};

/* A record of a history, as somebody read it. */
struct record_read {
    int by; /* user */
    int conversation;
    int64_t seq; /* 0: none */
    int id;      /* NOBODY: a member record */
    int from;
    int action;
    uint32_t content;
};

/* What happened on a connection in a conversation. */
struct event {
    int connection;
    int conversation;
    enum {
        EVENT_STARTS,
        EVENT_RECORD,
        EVENT_ACK,
        EVENT_HEARD,
        EVENT_PAGE,
        EVENT_SYNC,
        EVENT_SYNCED,
        EVENT_SYNC_FAILED
    } kind;
    bool yes;  /* STARTS: in ready, ACK: duplicate, SYNC: in order, SYNCED: recovered */
    bool also; /* SYNC: honest, SYNCED: repeats */
    int64_t at;
    int64_t asked_at; /* PAGE */
    struct record_read record;
};

struct change {
    int conversation;
    int user;
    enum checker_change kind;
    int64_t at;
};

struct reader {
    int user;
    int conversation;
};

/* A word about a user's marker, or typing. */
struct mark {
    int conversation;
    int user;
    enum { MARK_MOVED, MARK_RECEIPT, MARK_VIEW, MARK_TYPED, MARK_TYPING } kind;
    int connection; /* that heard it */
    int64_t at;
    int64_t asked_at; /* VIEW */
    int64_t read;     /* 0: not this marker */
    int64_t received;
    struct checker_view view;
};

struct reach {
    int conversation;
    int64_t seq;
    int64_t at;
    bool claim; /* asked for at `at`; else known since then */
};

struct tick {
    int64_t at;
    int64_t ms;
};

struct connection {
    int device;
    int64_t opened_at;
};

#define LIST(type)                                                                                 \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t n;                                                                                  \
        size_t cap;                                                                                \
    }

struct checker {
    struct names users;
    struct names conversations;
    struct names ids;
    LIST(int) devices; /* whose it is */
    LIST(struct connection) connections;
    LIST(struct sent) sent; /* by the id's number */
    LIST(struct event) events;
    LIST(struct reader) members; /* from the beginning */
    LIST(struct change) changes;
    LIST(struct mark) marks;
    LIST(struct reach) reaches;
    LIST(struct reader) readers;
    LIST(struct record_read) read;
    LIST(struct tick) ticks;
    LIST(char *) objections;
    int64_t now;
};

/* --- judging ----------------------------------------------------------------------------------- */

/* What the histories agree on: conversation by conversation, seq by seq. */
struct truth {
    struct record_read *records; /* [seq - 1] */
    int64_t top;
};

struct judge {
    const struct checker *c;
    struct truth *truths;           /* by conversation */
    struct membership *memberships; /* [conversation × users + user] */
    struct buf *findings;
    size_t n;
};

/* Findings are many when something is badly wrong; the first ones tell. */
#define FINDINGS_SHOWN 50
#define FIND(j, ...)                                                                               \
    do {                                                                                           \
        if ((j)->n++ < FINDINGS_SHOWN) {                                                           \
            buf_printf((j)->findings, __VA_ARGS__);                                                \
            buf_add_char((j)->findings, '\n');                                                     \
        }                                                                                          \
    } while (0)
/* With the time. */
#define FIND_AT(j, moment, ...)                                                                    \
    do {                                                                                           \
        if ((j)->n < FINDINGS_SHOWN)                                                               \
            judge_add_time(j, moment);                                                             \
        FIND(j, __VA_ARGS__);                                                                      \
    } while (0)
void judge_add_time(struct judge *j, int64_t moment);

const char *user_name(const struct judge *j, int user);
const char *conversation_name(const struct judge *j, int conversation);
const char *id_text(const struct judge *j, int id);
/* NULL: nobody has read one. */
const struct record_read *record_at(const struct judge *j, int conversation, int64_t seq);
bool is_own(const struct judge *j, const struct record_read *record, int device);

/* Who was a member when: by the history, and by what was answered over HTTP. */
void judge_members(struct judge *j);
void judge_members_fini(struct judge *j);
bool is_member_at(const struct judge *j, int user, int conversation, int64_t seq);
bool is_member_in_the_end(const struct judge *j, int user, int conversation);
/* May the user have read seq at that moment? Who is added may read what was before, too. */
bool may_read(const struct judge *j, int user, int conversation, int64_t seq, int64_t at);
/* For certain all the time from one moment to the other. */
bool is_certainly_out(const struct judge *j, int user, int conversation, int64_t from, int64_t to);
bool is_certainly_in(const struct judge *j, int user, int conversation, int64_t from, int64_t to);
bool comes_and_goes(const struct judge *j, int user, int conversation);

void judge_streams(struct judge *j);
void judge_marks(struct judge *j);

#endif
