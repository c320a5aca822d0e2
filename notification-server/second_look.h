/* Decides again, right before a push that a message has led to is sent, and before each time that it is sent again:
 * what was read meanwhile, or is not wanted any more, is not sent. */
#ifndef CHATAPP_NOTIFICATION_SECOND_LOOK_H
#define CHATAPP_NOTIFICATION_SECOND_LOOK_H

#include "base/err.h"
#include "store/look.h"

struct redis_client;

enum second_look { STILL_WANTED, NOT_WANTED, NOT_KNOWN /* Redis does not say */ };

/* `reason` (static) of NOT_WANTED: left, read, received, muted, blocked. Never called from within second_look(). */
typedef void second_look_fn(void *context, enum second_look what, const char *reason);

/* Once in the process, before other threads. */
void second_look_metrics_setup(void);
/* ERR_UNAVAILABLE: not known; `done` is not called. */
MUST_USE enum err second_look(struct redis_client *redis, str user,
                              const struct push_origin *origin, second_look_fn *done,
                              void *context);

#endif
