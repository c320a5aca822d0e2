/* A look at a conversation: which of its members have had a message for --push-delay without a sign of any device, and
 * have not been seen to. Commands and replies; views in the results live as long as the reply. */
#ifndef CHATAPP_STORE_LOOK_H
#define CHATAPP_STORE_LOOK_H

#include "base/buf.h"
#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

#define LOOK_RECORDS_MAX 8
#define LOOK_CURSOR_MAX 31

/* About `members` at a time, from `cursor` on. Of the first page it is "0" and old_seq 0, then as the page before had
 * them. ~1 µs a member. */
void look(struct redis_command *c, str conversation, int64_t delay_ms, int64_t members, str cursor,
          int64_t old_seq);

struct look_page {
    int64_t now_ms;  /* Redis' clock */
    int64_t next_ms; /* the oldest message that is not old enough; 0: there is none */
    str cursor;      /* "0": that was the last page */
    int64_t old_seq;
    int64_t seq; /* up to which the members here are to be told */
    bool direct;
    str name; /* a room's */
    int64_t muted;
    int64_t blocked; /* how many members have been seen to for that */
    size_t n_records;
    size_t n_members;
    const struct redisReply *reply;
};

struct look_member {
    str user;
    int64_t unread;
    int64_t seen; /* seq that a device has, or that was seen to before */
};

/* ERR_NOT_FOUND: there is no such conversation any more. ERR_UNAVAILABLE: `reply` is NULL or nonsense. */
MUST_USE enum err look_page(const struct redisReply *reply, struct look_page *page_out);
/* Of each sender the newest message's record, newest first. */
str look_record(const struct look_page *page, size_t i);
struct look_member look_member(const struct look_page *page, size_t i);

/* These (names with a space between) have been seen to up to seq. How many of them are members. */
void look_settled(struct redis_command *c, str conversation, int64_t seq, str users);

/* Asked right before a push is sent: "silent" when the user is still to be told, else why not, a word: left, read,
 * received, muted, blocked. */
void look_again(struct redis_command *c, str conversation, str user, int64_t seq);

/* What a push comes from: its newest message, as the queue keeps it: "CONVERSATION SEQ SENDER". */
struct push_origin {
    str conversation;
    int64_t seq;
    str sender;
};

void push_origin_write(struct buf *out, const struct push_origin *origin);
/* False: no such text. Borrows. */
bool push_origin_read(str text, struct push_origin *origin_out);

#endif
