/* A rate limit in one number: the generic cell rate algorithm. `per_minute` events a minute on average, and as many
 * at once after a quiet minute. Pure. */
#ifndef CHATAPP_BASE_RATE_H
#define CHATAPP_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    int64_t due_us; /* when the events so far would be over at the steady rate; 0 at first */
};

/* Counts one event, or refuses it and counts nothing. per_minute 0: no limit. */
bool rate_allow(struct rate *rate, int64_t per_minute, int64_t now_us);

#endif
