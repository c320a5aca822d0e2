/* A task: an entry of the queue in hand, about one notification and one device of its user or all of them. It finds the
 * devices, has an attempt made for each, and is done when the queue has heard of every one. */
#ifndef CHATAPP_NOTIFICATION_TASK_H
#define CHATAPP_NOTIFICATION_TASK_H

#include "attempt.h"
#include "channel.h"
#include "device_asks.h"
#include "settling.h"
#include "store/notification.h"
#include "user_devices.h"

#define TASK_NAME_MAX 64

struct task_state {
    char device[ID_LEN + 1];
    int64_t attempts;
};

struct task {
    struct office *office;
    char name[TASK_NAME_MAX]; /* "high 1732-0": stream and entry, by which it is known */
    enum notify_stream stream;
    str entry;
    struct buf texts; /* what the notification's views look into */
    str text;         /* as the queue has it; in texts */
    struct notification notification;
    str chat; /* where it comes from, when a message has led to it (store/look.h) */
    enum notify_stream priority;
    char device[ID_LEN + 1];           /* "": all */
    char channel[DEVICE_NAME_MAX + 1]; /* of that device, as far as is known */
    size_t n_states;                   /* devices that were seen to before */
    struct task_state *states;
    struct user_devices *devices; /* that its attempts are for */
    size_t n_attempts;
    size_t attempts_max; /* so many have room */
    struct attempt *attempts;
    size_t heard; /* of how many of these the queue has heard */
    size_t asks;  /* on the way to Redis: it must stay */
    bool lost;    /* one of them had no answer */
    struct settling end;
    struct task *next_asked; /* device_asks.h */
    struct task *next_spare;
};

/* Those that are done are used again, with the memory they have. */
struct spare_tasks {
    struct task *first;
    size_t n;
};

/* Does nothing when it is in hand already. */
void task_begin(struct office *office, const struct notify_task *from, struct device_asks *asks);
/* The user's devices are these, or it could not be heard (NULL). */
void task_devices(struct task *task, struct user_devices *devices);
/* The queue has heard of one attempt. */
void task_heard(struct task *task);
/* It has heard all. It is no more the caller's. */
void task_done(struct task *task);
/* The same when the process ends: the entry is somebody else's then. */
void task_drop(struct task *task);
void spare_tasks_free(struct spare_tasks *spare);

#endif
