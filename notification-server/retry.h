/* When to try again: after 1, 2, 4 … times the first wait, up to the longest, half of it at random so that what failed
 * together does not come back together. What the other end asks for (Retry-After) is heard, up to a limit. Pure. */
#ifndef CHATAPP_NOTIFICATION_RETRY_H
#define CHATAPP_NOTIFICATION_RETRY_H

#include <stdint.h>

struct retry_policy {
    int64_t first_ms;
    int64_t longest_ms;
    int64_t asked_max_ms; /* what Retry-After may ask for */
    int64_t attempts_max;
};

#define RETRY_NEVER INT64_C(-1)

/* Ms until the next attempt after `attempts` (1 …) that failed, or RETRY_NEVER. asked_ms: the other end's wish, or 0;
 * random: 32 random bits. */
int64_t retry_wait(const struct retry_policy *policy, int64_t attempts, int64_t asked_ms,
                   uint32_t random);

#endif
