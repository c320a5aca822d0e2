#include "sequence.h"

#include <stdlib.h>

#include "base/mem.h"

#define WORD_BITS 64

void sequence_init(struct sequence *s, int64_t first)
{
    *s = (struct sequence){.next = first, .last_message = first - 1};
}

void sequence_fini(struct sequence *s)
{
    free(s->ahead);
    *s = (struct sequence){0};
}

static uint64_t *word_of(const struct sequence *s, int64_t seq)
{
    return &s->ahead[(uint64_t)seq % SEQUENCE_WINDOW / WORD_BITS];
}

static uint64_t bit_of(int64_t seq)
{
    return UINT64_C(1) << ((uint64_t)seq % WORD_BITS);
}

static enum sequence_fault mark_ahead(struct sequence *s, int64_t seq)
{
    if (s->ahead == NULL)
        s->ahead = mem_zalloc(SEQUENCE_WINDOW / 8);
    if (*word_of(s, seq) & bit_of(seq))
        return SEQUENCE_TWICE;
    *word_of(s, seq) |= bit_of(seq);
    s->ahead_n++;
    return SEQUENCE_FINE;
}

static void catch_up(struct sequence *s)
{
    while (s->ahead_n > 0 && (*word_of(s, s->next) & bit_of(s->next))) {
        *word_of(s, s->next) &= ~bit_of(s->next);
        s->ahead_n--;
        s->next++;
    }
}

enum sequence_fault sequence_ack(struct sequence *s, int64_t seq)
{
    if (seq < s->next)
        return SEQUENCE_TWICE;
    if (seq - s->next >= SEQUENCE_WINDOW)
        return SEQUENCE_FAR_AHEAD;
    if (seq > s->next)
        return mark_ahead(s, seq);
    s->next++;
    catch_up(s);
    return SEQUENCE_FINE;
}

enum sequence_fault sequence_message(struct sequence *s, int64_t seq)
{
    if (seq == s->last_message)
        return SEQUENCE_TWICE;
    if (seq < s->last_message)
        return SEQUENCE_DISORDER;
    s->last_message = seq;
    return sequence_ack(s, seq);
}

bool sequence_is_whole(const struct sequence *s, int64_t last)
{
    return s->next == last + 1 && s->ahead_n == 0;
}

const char *sequence_fault_name(enum sequence_fault fault)
{
    static const char *const NAMES[] = {"fine", "twice", "out of order",
                                        "far ahead of a missing one"};
    return NAMES[fault];
}
