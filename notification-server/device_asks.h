/* What devices the users have whom a batch of tasks is for: each user is asked about once. Only within a batch, since an
 * older answer may not know a device that was there when a later task was accepted. */
#ifndef CHATAPP_NOTIFICATION_DEVICE_ASKS_H
#define CHATAPP_NOTIFICATION_DEVICE_ASKS_H

#include "base/err.h"

struct office;
struct task;
struct device_ask;

/* {0} for each batch; nothing to give back. */
struct device_asks {
    struct device_ask *first;
};

/* task_devices() is called with the answer, never from within; the task must stay until then. ERR_UNAVAILABLE or ERR_FULL:
 * it is not. */
MUST_USE enum err device_asks_add(struct device_asks *asks, struct office *office,
                                  struct task *task);

#endif
