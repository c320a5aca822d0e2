/* What lookout.c and round.c share. */
#ifndef CHATAPP_NOTIFICATION_LOOKOUT_STATE_H
#define CHATAPP_NOTIFICATION_LOOKOUT_STATE_H

#include "lookout.h"
#include "redis/redis_async.h"

struct lookout {
    struct lookout_options options;
    int64_t rounds; /* under way */
    bool taking;
    bool more; /* was due besides what was taken */
    bool stopped;
    int64_t take_due_ms;
    int64_t count_due_ms;
};

/* A round has ended: there is room for another. */
void lookout_round_ended(struct lookout *lookout);

#endif
