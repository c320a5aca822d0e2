/* Clients in pairs, each writing to its partner, who check what the chat-server promises: every message is acked and
 * is at the partner's, exactly once, in seq order. Whatever is wrong ends the program. */
#ifndef CHATAPP_BENCH_PAIRS_H
#define CHATAPP_BENCH_PAIRS_H

#include "accounts.h"
#include "histogram.h"
#include "options.h"

struct pairs_options {
    struct addresses servers;
    const struct accounts *accounts; /* one a client, the partners side by side */
    size_t first;                    /* of them: the first client's */
    size_t clients;                  /* an even number */
    size_t source_addresses;
    size_t text_n;  /* letters a message */
    long rate;      /* messages a second in all; 0: each writes again when its last one is acked */
    int64_t stored; /* messages that each conversation has already */
};

struct pairs_tally {
    int64_t sent;
    int64_t acked;
    int64_t received;
};

struct pairs;

struct pairs *pairs_new(const struct pairs_options *options);
void pairs_free(struct pairs *pairs);
void pairs_sign_in(struct pairs *pairs);
/* They write for so long. Latencies are kept only where `ack` and `delivery` are not NULL. */
void pairs_write(struct pairs *pairs, int64_t ms, struct histogram *ack,
                 struct histogram *delivery);
/* Nobody writes any more; returns when all has come, and come once. */
void pairs_finish(struct pairs *pairs);
struct pairs_tally pairs_tally(const struct pairs *pairs);

#endif
