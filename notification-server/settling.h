/* Telling the queue what came of a delivery, until it has heard: what cannot be told, because Redis is away, is told
 * again. Nothing is acknowledged otherwise. */
#ifndef CHATAPP_NOTIFICATION_SETTLING_H
#define CHATAPP_NOTIFICATION_SETTLING_H

#include <stdbool.h>
#include <stdint.h>

struct office;
struct task;
struct attempt;

/* Part of an attempt, or of a task for its end. */
struct settling {
    struct task *task;
    struct attempt *attempt; /* NULL: the end of the task */
    struct settling *next;
};

struct settlings {
    struct settling *first;
    struct settling **last; /* NULL: not begun */
};

void settling_send(struct office *office, struct settling *settling);
/* Redis is there again: all that it has not heard. */
void settling_send_all(struct office *office);

#endif
