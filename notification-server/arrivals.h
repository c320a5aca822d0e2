/* New work: what is in the queue and nobody has, taken as long as there is room for it, and what becomes due to be there
 * again, or to end. */
#ifndef CHATAPP_NOTIFICATION_ARRIVALS_H
#define CHATAPP_NOTIFICATION_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shares.h"
#include "store/notification.h"

struct office;
struct gate;

/* Of the stream of one priority. */
struct arrivals_read {
    struct office *office;
    enum notify_stream stream;
    int64_t asked;
};

struct arrivals {
    struct arrivals_read reads[SHARES];
    bool full[SHARES];   /* there was as much as was asked for */
    size_t under_way;    /* questions to Redis, whose answers may be work */
    bool some_ended;     /* what is taken has to be looked at */
    int64_t took_ms;     /* the last time */
    struct gate *plenty; /* has plenty to send, though it is fast; or NULL */
    bool has_groups; /* Redis has them, as far as is known; else it is told to with what is due */
    bool due_asked;
    int64_t trim_due_ms;
};

void arrivals_open(struct office *office);
/* Redis is there (again). */
void arrivals_up(struct office *office);
/* There is room, or there may be something new. */
void arrivals_take(struct office *office);
/* There was more than there was room for. */
bool arrivals_has_more(const struct office *office);
/* Now and then: what is due, and dropping from the streams what is done with. */
void arrivals_due(struct office *office);
/* Something of what was taken has come to this gate. */
void arrivals_fill(struct office *office, struct gate *gate);
/* Gates may go: this one is forgotten, whichever it is. */
void arrivals_forget_gate(struct office *office);
/* Nothing is on the way. */
bool arrivals_is_idle(const struct office *office);

#endif
