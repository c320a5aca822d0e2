/* The lookout: finds the members of conversations who are to get a push, and puts one for each into the queue.
 *
 *     due marks ──► round: a conversation, page by page ──► accepted ──► settled ──► released
 *     (store/due.h)        who is silent? (store/look.h)     in the queue            looked at again, or forgotten
 *
 * Whatever ends between two of these steps leaves the conversation to the next who takes it: it finds the same members,
 * and the queue knows by the key "chat CONVERSATION USER SEQ" what it has accepted. One thread, that of its loop. */
#ifndef CHATAPP_NOTIFICATION_LOOKOUT_H
#define CHATAPP_NOTIFICATION_LOOKOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/notification.h"

struct redis_client;
struct lookout;

struct lookout_options {
    struct redis_client *redis; /* must be closed first */
    int64_t delay_ms;           /* how long a message waits for a sign of a device */
    int64_t
        lease_ms; /* how long a conversation is ours; each page of its members begins that anew */
    bool preview; /* pushes show the text */
    int64_t ttl_ms;
    int64_t once_ms; /* how long an accepted one is known */
    int64_t unfinished_max;
    struct notify_keep keep;
    void (*on_accepted)(void *context); /* there is something new in the queue */
    void *context;
};

/* Once in the process, before other threads. */
void lookout_metrics_setup(void);
struct lookout *lookout_open(const struct lookout_options *options); /* copied */
/* Many times a second: begins what is due. */
void lookout_beat(struct lookout *lookout);
/* Begins nothing any more. */
void lookout_stop(struct lookout *lookout);
bool lookout_is_idle(const struct lookout *lookout);
void lookout_close(struct lookout **lookout);

#endif
