/* What most channels' `judge` have in common. Pure. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_JUDGE_H
#define CHATAPP_NOTIFICATION_CHANNEL_JUDGE_H

#include "channel.h"

/* What a status (with a word of the provider's, or with any: NULL) means. */
struct status_rule {
    int status; /* 0: any */
    const char *word;
    enum channel_outcome outcome;
    bool renew_token;
};

struct channel_verdict verdict_make(enum channel_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first of `rules` that matches decides (the last has neither status nor word). Where none does: what got no answer,
 * 408, 425, 429 and 5xx are tried again, with the Retry-After that came, 2xx are deliveries, and all else is rejected. A
 * URL that led to a private address is rejected, whatever it answered. */
struct channel_verdict verdict_of_http(const struct channel_response *response,
                                       const struct status_rule *rules, str word);

/* Retry-After in ms (RFC 9110, section 10.2.3: seconds or a date), at most a day; 0: none, or no good one. */
int64_t retry_after_ms(str headers, int64_t now_ms);
#define RETRY_AFTER_MAX_MS 86400000

#endif
