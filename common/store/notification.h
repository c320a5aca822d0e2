/* The queue of notifications in Redis: commands and replies. A notification is accepted, taken by a server (and claimed
 * by another if that one dies), and settled for each of its devices: for good, or to be taken again later or when its
 * host has time. All keys of the queue are in one slot, so each of these is one script: nothing is ever in two places,
 * or in none. Times are Redis' own. */
#ifndef CHATAPP_STORE_NOTIFICATION_H
#define CHATAPP_STORE_NOTIFICATION_H

#include "base/err.h"
#include "base/ids.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

/* Which of the streams: of the priorities, or what came out of a host's lane. */
enum notify_stream { NOTIFY_NORMAL, NOTIFY_HIGH, NOTIFY_LOW, NOTIFY_FLIGHT, NOTIFY_STREAMS };

const char *notify_stream_name(enum notify_stream stream); /* "normal" … */

/* What is kept of those that have ended. */
struct notify_keep {
    int64_t status_ms;
    int64_t dead_ms;
    int64_t dead_max; /* 0: any number */
};

struct new_notification {
    str id;
    str user;
    enum notify_stream priority;
    str title;
    str body;
    str event;
    str data;
    str collapse;
    str chat; /* of what a message in a conversation has led to (store/look.h), else "" */
    int64_t ttl_ms;
    str once;      /* service and key, or "": none */
    str once_hash; /* of what was asked with it */
    int64_t once_ms;
};

enum notify_accepted { NOTIFY_NEW, NOTIFY_SAME, NOTIFY_REUSED, NOTIFY_FULL, NOTIFY_UNKNOWN };

/* `unfinished_max`: 0: any number. */
void notify_accept(struct redis_command *c, const struct new_notification *n,
                   int64_t unfinished_max, const struct notify_keep *keep);
/* *id_out: borrowed, of NEW and SAME. UNKNOWN: nonsense. */
enum notify_accepted notify_accept_answer(const struct redisReply *reply, str *id_out);

/* New work of one stream for the server `me`, at most `n`. What it gives may have ended before, if notify_any_ended(), sent
 * right before it, says 1: then it has to be looked at. (One that ends between the two is as one that was taken just
 * before that: it may go out, and its settlement changes no more than the device's own state.) */
void notify_any_ended(struct redis_command *c);
void notify_take(struct redis_command *c, str me, enum notify_stream stream, int64_t n);
/* Work that this server has taken, as far as there still is something to do: the reply's first element is 0, the rest are
 * tasks. */
#define NOTIFY_LOOK_MAX 20
void notify_look(struct redis_command *c, enum notify_stream stream, const str *entries, size_t n,
                 const struct notify_keep *keep);
/* Ends what has expired, and puts what is to be tried again where it is taken. `trim`: drops what is done with from the
 * streams, which somebody must do now and then; `groups`: makes sure that work can be taken. The reply is a number: with
 * `n` or more there may be more to do. */
void notify_due(struct redis_command *c, int64_t n, bool trim, bool groups,
                const struct notify_keep *keep);
/* From the lane of `host`: the first element is how many are left in it. */
void notify_lane_take(struct redis_command *c, str me, str host, int64_t n,
                      const struct notify_keep *keep);
/* What others have had for idle_ms without a sign of life: the first element is the cursor to go on from. */
void notify_claim(struct redis_command *c, str me, enum notify_stream stream, int64_t idle_ms,
                  str cursor, int64_t n, const struct notify_keep *keep);
/* Hosts with a lane, any `n` of them: an array. */
void notify_lanes(struct redis_command *c, int64_t n);

struct notify_task {
    enum notify_stream stream;
    str entry;
    str id;
    str device; /* "": all of the user's */
    str user;
    enum notify_stream priority;
    int64_t created_ms;
    int64_t expires_ms;
    str title;
    str body;
    str event;
    str data;
    str collapse;
    str chat; /* as it was accepted */
    str text; /* in which all of these are, but for stream, entry and device */
    const struct redisReply *reply;
};

/* Task i of a reply of look, lane_take or claim. Borrows. */
size_t notify_task_count(const struct redisReply *reply);
struct notify_task notify_task_at(const struct redisReply *reply, size_t i);
/* Entry i of a reply of take. False: only its stream and entry are known, it has to be looked at. Borrows. */
size_t notify_taken_count(const struct redisReply *reply);
bool notify_taken_at(const struct redisReply *reply, size_t i, enum notify_stream stream,
                     struct notify_task *task_out);

/* How far one device has come. */
struct notify_state {
    str device;
    str state; /* queued, delivered, gone, failed, expired, suppressed */
    int64_t attempts;
    int64_t time_ms;
    str channel;
    str error;
};
/* Those a task knows of: of all devices that were seen to before, or of its one. */
size_t notify_task_states(const struct notify_task *task);
struct notify_state notify_task_state(const struct notify_task *task, size_t i);

/* Tells the queue that `me` is alive and has these entries in hand: at most NOTIFY_FRESH_MAX of one stream. */
#define NOTIFY_FRESH_MAX 20
void notify_fresh(struct redis_command *c, str me, enum notify_stream stream, const str *entries,
                  size_t n);
/* Gives entries back, so that the next who claims gets them at once. */
void notify_give_back(struct redis_command *c, enum notify_stream stream, const str *entries,
                      size_t n);
/* Forgets servers that have gone. `me`: at once, or "". */
void notify_sweep(struct redis_command *c, str me, int64_t idle_ms);

struct notify_settlement {
    enum notify_stream stream;
    str entry;
    str id;
    bool end; /* of the entry: all that it was about is settled */
    bool all; /* the entry was for all devices */
    /* device "": there was none. */
    str device;
    str channel;
    str verdict; /* delivered, gone, failed, expired, suppressed (`error`: why), later, lane */
    int64_t attempts;
    str error;
    int64_t wait_ms; /* of later */
    str host;        /* of lane */
    str text; /* the task's, which may have to be kept now; only when the entry was for all */
};

/* Replies with the word of the notification's status. */
void notify_settle(struct redis_command *c, const struct notify_settlement *s,
                   const struct notify_keep *keep);

#define NOTIFY_DELIVERED_MAX 28

/* An entry that was for all devices of a user who has one, and that one has it: ends it. */
struct notify_delivered {
    enum notify_stream stream;
    str entry;
    str id;
    str device;
    str channel;
    int64_t attempts;
    str user;
    str collapse;
};

/* Many of those. Replies with an array of numbers, from 1: those are not what they were taken for, and for
 * notify_settle(). *texts is overwritten, and must stay until the command was sent. */
void notify_delivered(struct redis_command *c, const struct notify_delivered *all, size_t n,
                      const struct notify_keep *keep, struct buf *texts);

/* ---- what people ask ---- */

/* All fields and values, or nothing. */
void notify_read(struct redis_command *c, str id);
/* `before`: "TIME-ID" of the one before the page, or "". ERR_INVALID: no such text. */
MUST_USE enum err notify_dead_page(struct redis_command *c, str before, int64_t limit);
size_t notify_dead_count(const struct redisReply *page);
bool notify_dead_more(const struct redisReply *page);
str notify_dead_id(const struct redisReply *page, size_t i);
const struct redisReply *notify_dead_fields(const struct redisReply *page, size_t i);
/* A word: ok, not_found, not_dead. */
void notify_revive(struct redis_command *c, str id);

/* Of the fields of a notification, as notify_read() and notify_dead_fields() have them. */
str notify_field(const struct redisReply *fields, const char *name);
/* As people know it: queued, delivered … */
str notify_status(const struct redisReply *fields);
/* False: it has not. */
bool notify_ended(const struct redisReply *fields, int64_t *time_ms_out);
/* The device whose field is the i-th pair; false when that is another field. */
bool notify_field_state(const struct redisReply *fields, size_t i, struct notify_state *state_out);

/* How much waits where: an array of NOTIFY_DEPTHS numbers. */
enum notify_depth {
    NOTIFY_DEPTH_NORMAL,
    NOTIFY_DEPTH_HIGH,
    NOTIFY_DEPTH_LOW,
    NOTIFY_DEPTH_IN_HAND,
    NOTIFY_DEPTH_LATER,
    NOTIFY_DEPTH_LANES, /* hosts, not notifications */
    NOTIFY_DEPTH_DEAD,
    NOTIFY_DEPTH_UNFINISHED,
    NOTIFY_DEPTHS
};
void notify_depths(struct redis_command *c);

#endif
