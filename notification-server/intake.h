/* What the office takes out of the queue, and when: new work (arrivals.h), the lanes of hosts that have room, and now and
 * then what dead servers have left behind. It tells the queue that its own is in good hands. */
#ifndef CHATAPP_NOTIFICATION_INTAKE_H
#define CHATAPP_NOTIFICATION_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/notification.h"

struct office;
struct gate;

struct intake {
    int64_t tasks_max;
    bool claiming;
    int64_t claim_due_ms;
    int64_t fresh_due_ms;
    int64_t lanes_due_ms;
    int64_t sweep_due_ms;
    char cursors[NOTIFY_STREAMS][48];
};

void intake_open(struct office *office);
/* Redis is there (again). */
void intake_up(struct office *office);
/* Fifty times a second, and whenever there is something new. */
void intake_beat(struct office *office);
/* Of tasks that may be in hand besides those that are. */
int64_t intake_room(const struct office *office);
bool intake_may_take(const struct office *office);
/* The tasks of a reply. */
void intake_begin(struct office *office, const struct redisReply *reply);
/* This gate has room: more from its lane, if there is something in it. */
void intake_lane(struct office *office, struct gate *gate);
/* Everything in hand is given back. */
void intake_give_back(struct office *office);

#endif
