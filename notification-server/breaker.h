/* A circuit breaker for one host. Closed: everything goes. After so many failures in a row it opens: nothing goes for a
 * while, so that a dead host costs neither attempts nor time-outs. Then one is let through to see (half open): if it
 * works the breaker closes, else it opens for twice as long. Pure. */
#ifndef CHATAPP_NOTIFICATION_BREAKER_H
#define CHATAPP_NOTIFICATION_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker_policy {
    int64_t failures; /* in a row; 0: never opens */
    int64_t first_ms; /* open for so long, at first */
    int64_t longest_ms;
};

/* {0} is a closed one. */
struct breaker {
    int64_t failures; /* in a row */
    int64_t open_ms;  /* how long it was opened for the last time; 0: it is closed */
    int64_t until_ms;
    bool probing; /* one is under way */
};

static inline bool breaker_is_open(const struct breaker *b)
{
    return b->open_ms != 0;
}

/* May one go now? */
bool breaker_allows(const struct breaker *b, int64_t now_ms);
/* One goes. */
void breaker_went(struct breaker *b);
/* It came back: the host works, or not. */
void breaker_succeeded(struct breaker *b);
void breaker_failed(struct breaker *b, const struct breaker_policy *policy, int64_t now_ms);
/* It came back, and says nothing about the host. */
void breaker_forget(struct breaker *b);

#endif
