/* Has one connection got every seq of a conversation exactly once? A connection hears of its own messages by
 * their acks and of the others' by message frames; together they are all of them. Pure. */
#ifndef CHATAPP_BENCH_SEQUENCE_H
#define CHATAPP_BENCH_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_WINDOW 4096 /* an ack may overtake a message, but not by more than this */

struct sequence {
    int64_t next;         /* all before it have come */
    int64_t last_message; /* the seq of the last message frame */
    uint32_t ahead_n;     /* how many beyond `next` have come */
    uint64_t *ahead;      /* which ones; NULL until one did */
};

enum sequence_fault { SEQUENCE_FINE = 0, SEQUENCE_TWICE, SEQUENCE_DISORDER, SEQUENCE_FAR_AHEAD };

void sequence_init(struct sequence *s, int64_t first);
void sequence_fini(struct sequence *s);
/* Message frames must come in seq order. */
enum sequence_fault sequence_message(struct sequence *s, int64_t seq);
enum sequence_fault sequence_ack(struct sequence *s, int64_t seq);
/* Nothing is missing up to and including `last`, and nothing came after it. */
bool sequence_is_whole(const struct sequence *s, int64_t last);
const char *sequence_fault_name(enum sequence_fault fault);

#endif
