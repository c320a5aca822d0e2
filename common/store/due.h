/* Conversations that somebody has written to, by when: where the notification-servers look for members who are to get a
 * push. Commands and replies.
 *
 * A chat-server marks a conversation right before it appends to it, on the same connection, and then not again for
 * DUE_TRUST_MS: the path of a message pays nothing. A notification-server takes a conversation once its mark is as old
 * as --push-delay, looks at it (store/look.h), and releases it: marked anew while something waits, else forgotten.
 *
 * No message is without a mark that leads to a look after it:
 *
 *   - A mark is in Redis before what was appended behind it: commands of one connection run in their order, and the
 *     append-only file keeps it. A chat-server that is killed between the two leaves a mark too many.
 *   - The mark says until when appends may come that rely on it: they are sent for DUE_TRUST_MS, and take no longer than
 *     Redis may, and a margin. When one does, its connection is given up: then no mark counts any more (it may never
 *     have arrived), and what may have been stored all the same is marked again.
 *   - due_release() forgets a conversation only when that time was over when it was taken. The look came after, so it
 *     has seen all that could come. Any mark since then lies in the future of that, and keeps the conversation. Both are
 *     one script in one slot, so it makes no difference how many servers mark and take at once.
 *   - Whoever takes puts the mark off by a lease, and removes nothing: when a notification-server is killed, the
 *     conversation comes up again by itself, and the look finds what was not seen to. Two who look at one conversation
 *     after a lease has run out find the same, which the queue's key of idempotency makes one.
 *   - Marks wait in Redis for as long as no notification-server is there. */
#ifndef CHATAPP_STORE_DUE_H
#define CHATAPP_STORE_DUE_H

#include "redis/redis_command.h"
#include "redis/redis_reply.h"

#define DUE_TRUST_MS 2000
#define DUE_MARGIN_MS 1000

/* For DUE_TRUST_MS messages may be sent without another mark, which take at most arrive_ms. 1, or 0 when it was marked
 * already. */
void due_mark(struct redis_command *c, str conversation, int64_t arrive_ms);

/* At most `n` that were marked at least delay_ms ago. They are another's after lease_ms. */
void due_take(struct redis_command *c, int64_t delay_ms, int64_t lease_ms, int64_t n);

struct due_taken {
    int64_t now_ms; /* Redis' clock */
    int64_t more;   /* how many are due besides */
    size_t n;
    const struct redisReply *reply;
};
/* False: no such reply. */
bool due_taken(const struct redisReply *reply, struct due_taken *taken_out);
str due_conversation(const struct due_taken *taken, size_t i);
int64_t due_marked_ms(const struct due_taken *taken, size_t i);

/* Goes on with a lease: the mark is put off to `marked_ms`. */
void due_hold(struct redis_command *c, str conversation, int64_t marked_ms);
/* `next_ms`: it is to be looked at delay_ms after that; 0: nothing waits. 1, or 0 when it is forgotten. */
void due_release(struct redis_command *c, str conversation, int64_t taken_ms, int64_t next_ms,
                 int64_t delay_ms);

/* How many there are: a number. */
void due_count(struct redis_command *c);

#endif
