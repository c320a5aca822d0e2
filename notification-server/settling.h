/* Telling the queue what came of a delivery, until it has heard: what cannot be told, because Redis is away, is told
 * again. Nothing is acknowledged otherwise.
 *
 * Most of it is that the one device of a user has what it was to get. Those are told together, a millisecond later at
 * most: told one by one they would cost Redis more than all else that is done for them. */
#ifndef CHATAPP_NOTIFICATION_SETTLING_H
#define CHATAPP_NOTIFICATION_SETTLING_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "store/notification.h"

struct office;
struct task;
struct attempt;

/* Part of an attempt, or of a task for its end. */
struct settling {
    struct task *task;
    struct attempt *attempt; /* NULL: the end of the task */
    struct settling *next;
    bool alone; /* not to be told together with others */
};

struct settlings {
    struct settling *first;                           /* which Redis has not heard */
    struct settling **last;                           /* NULL: not begun */
    struct settling *delivered[NOTIFY_DELIVERED_MAX]; /* to be told together */
    size_t n_delivered;
    uv_timer_t soon;
    struct buf texts;
};

void settling_open(struct office *office);
void settling_send(struct office *office, struct settling *settling);
/* Now, instead of a millisecond later. */
void settling_flush(struct office *office);
/* Redis is there again: all that it has not heard. */
void settling_send_all(struct office *office);
/* Of those not told, others will hear. */
void settling_close(struct office *office);

#endif
