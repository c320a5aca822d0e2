/* What the checker was told. Between checker.c, which writes it down, and checker_judge.c, which
 * decides. */
#ifndef CHATAPP_HARNESS_CHECKER_DATA_H
#define CHATAPP_HARNESS_CHECKER_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"

#define NOBODY (-1)
#define STARTS                                                                                     \
    (-2) /* in place of an id: no frame, but the announcement that those after `seq` will come */

/* A message that a client sent, under the number of its id. */
struct sent {
    int device; /* NOBODY: no client ever sent this id */
    int conversation;
    int connection; /* of the first attempt */
    int attempts;
    int64_t sent_at; /* first; in events since the start */
    int64_t acked_at;
    int64_t seq;       /* the ack's; 0: none came */
    int64_t other_seq; /* a later ack's that said otherwise; 0: none did */
    bool refused;
};

/* A frame that was seen on a connection, or a record that was read by a user. */
struct sight {
    int by;
    int conversation;
    int64_t seq;
    int id; /* NOBODY: a member record */
    int from;
};

/* The user may know seq first..last of the conversation (last 0: all that follow). */
struct span {
    int conversation;
    int user;
    int64_t first;
    int64_t last;
};

struct reader {
    int user;
    int conversation;
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
    LIST(int) devices;     /* whose it is */
    LIST(int) connections; /* the device */
    LIST(struct span) spans;
    LIST(struct sent) sent;  /* by the id's number */
    LIST(struct sight) seen; /* by connection, in the order of events */
    LIST(struct reader) readers;
    LIST(struct sight) read; /* by user */
    int64_t now;
};

#endif
