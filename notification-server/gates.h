/* Who may go now. Each host has a gate, and each channel and the whole server a limit, so that what is slow or dead
 * holds up nobody else:
 *
 *   a request comes ── enter ──► GO    it goes
 *                           ├──► WAIT  the gate keeps it, a few for each host; next() hands it out, each host in turn
 *                           └──► PARK  the host has its fill, or is dead: back to Redis, into the host's lane
 *   an answer comes ─── leave: the gate has room again
 *
 * A gate opens wider with each answer, up to its limit, and is narrowed to half by each failure (a window, as TCP has
 * one): a host that is not known to answer gets a few requests, not all. In front of a host that fails its breaker
 * opens. Pure: the time is handed in. */
#ifndef CHATAPP_NOTIFICATION_GATES_H
#define CHATAPP_NOTIFICATION_GATES_H

#include "base/str.h"
#include "breaker.h"
#include "flow.h"

#define GATE_NAME_MAX 512

struct gate_limits {
    int64_t total; /* requests under way */
    int64_t per_channel;
    int64_t per_host; /* of one that users name; others share their channel's limit */
    struct breaker_policy breaker;
};

/* Part of what waits. */
struct gate_waiter {
    struct gate_waiter *next;
};

struct gate_group; /* a channel */

struct gate {
    char *name; /* "channel host": the name of its lane */
    struct gate_group *group;
    struct breaker breaker;
    int64_t limit;
    int64_t window;
    int64_t in_flight;
    int64_t waiting;
    struct gate_waiter *first;
    struct gate_waiter **last;
    struct gate *next_ready; /* in the group's ring */
    bool is_ready;
    int64_t used_ms;
    struct flow flow; /* of what worked */
    /* The caller's: its lane in Redis. */
    bool parked; /* something is in it, as far as is known, and has a right to half of the places */
    bool asking; /* it is being read */
};

struct gates;

struct gates *gates_new(const struct gate_limits *limits); /* copied */
void gates_free(struct gates **gates);                     /* nothing may be in it any more */

/* "channel host"; makes it when it is new. `users`: users name such hosts. NULL: a name that none can have. */
struct gate *gates_get(struct gates *gates, str name, bool users, int64_t now_ms);
/* By its name; NULL: a name that none can have. */
struct gate *gates_named(struct gates *gates, str name, int64_t now_ms);

enum gate_answer { GATE_GO, GATE_WAIT, GATE_PARK };
/* `from_lane`: it has waited there. */
enum gate_answer gates_enter(struct gates *gates, struct gate *gate, struct gate_waiter *waiter,
                             bool from_lane, int64_t now_ms);
/* More waits for it than is soon sent. */
bool gate_has_plenty(const struct gate *gate);
enum gate_result {
    GATE_WORKED, /* the host has answered, whatever it said about this one request */
    GATE_BUSY,   /* the same, but it has too much to do */
    GATE_FAILED,
    GATE_UNKNOWN /* it was not really asked */
};
/* What went is back. */
void gates_leave(struct gates *gates, struct gate *gate, enum gate_result result, int64_t now_ms);
/* One that waited and goes now, with its gate; NULL: none may. */
struct gate_waiter *gates_next(struct gates *gates, struct gate **gate_out);
/* One that waits at this gate, which is taken away from it; NULL: none does. */
struct gate_waiter *gates_evict(struct gates *gates, struct gate *gate);
/* How many could come out of its lane now. */
int64_t gates_room(const struct gates *gates, const struct gate *gate, int64_t now_ms);

int64_t gates_in_flight(const struct gates *gates);
int64_t gates_open_breakers(const struct gates *gates);
/* All gates in no order: start with *at = 0; NULL at the end. None may be made or forgotten meanwhile. */
struct gate *gates_each(const struct gates *gates, size_t *at);
/* Forgets gates where nothing has happened for a while. */
void gates_forget(struct gates *gates, int64_t now_ms);

#endif
