/* Tokens that channels need for all of their requests (channel.h): one is asked for at a time, whoever needs it waits for
 * that, with its place at its gate, and it is kept until it has to be renewed. When none can be had, nobody asks again for a while. */
#ifndef CHATAPP_NOTIFICATION_TOKENS_H
#define CHATAPP_NOTIFICATION_TOKENS_H

#include "channel.h"

#define TOKENS_MAX 4 /* channels that have any */

struct office;
struct attempt;

struct token_place {
    struct office *office;
    const struct channel *channel;
    struct channel_token token;
    uint64_t number; /* of the token: another with each */
    bool asking;
    int64_t failed_until_ms;
    const char *why; /* static */
    struct attempt *waiting;
};

struct tokens {
    size_t n;
    struct token_place places[TOKENS_MAX];
};

/* Calls attempt_go_on(), now or later. */
void tokens_get(struct office *office, struct attempt *attempt);
/* The one of that number is no good. */
void tokens_forget(struct office *office, const struct channel *channel, uint64_t number);
void tokens_fini(struct tokens *tokens);

#endif
