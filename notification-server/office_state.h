/* What the files of the office share (office.h). Its thread only.
 *
 *     intake ──► task ──► attempt ──► gate ──► courier
 *     from       a notification,      one device           who may       out, and
 *     Redis      all its devices      of it, once          go now        back
 *
 * A task is an entry of a stream that is ours until it is settled for each device that it is about. */
#ifndef CHATAPP_NOTIFICATION_OFFICE_STATE_H
#define CHATAPP_NOTIFICATION_OFFICE_STATE_H

#include <uv.h>

#include "arrivals.h"
#include "base/ids.h"
#include "base/map.h"
#include "channel_env.h"
#include "courier.h"
#include "gates.h"
#include "intake.h"
#include "lookout.h"
#include "notification_settings.h"
#include "redis/redis_async.h"
#include "retry.h"
#include "settling.h"
#include "store/notification.h"
#include "task.h"
#include "tokens.h"

struct office {
    const struct notification_settings *settings;
    const struct channel_env *env;
    struct id me; /* a name for Redis, another one with each start */
    struct notify_keep keep;
    struct retry_policy retry;

    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t beat;
    struct redis_client *redis;
    struct courier *courier;
    struct gates *gates;
    struct tokens tokens;
    struct intake intake;
    struct arrivals arrivals;
    struct lookout *lookout;
    struct settlings unsettled; /* whose outcome Redis has not heard yet */
    struct map tasks;           /* in hand, by their entries' names */
    struct spare_tasks spare_tasks;
    int64_t depths_due_ms;
    int64_t forget_due_ms;
    bool drains;  /* has begun to */
    bool leaving; /* says goodbye to Redis */
    bool left;
    bool closing;

    /* Set by others. */
    _Atomic bool may_begin;
    _Atomic bool is_up;
    _Atomic bool must_drain;
    _Atomic int64_t close_at_ms; /* 0: not yet */
};

/* Whoever waited and may go now goes; more is taken from the queue. After anything that makes room. */
void office_move(struct office *office);

#endif
