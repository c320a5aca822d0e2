/* A crowd of well-behaved clients: each sends messages one after another into its conversations,
 * sends again what was not acked, reconnects with growing pauses to the next chat-server, and
 * then fetches what it has missed. All that they do and see goes to the checker. */
#ifndef CHATAPP_HARNESS_SWARM_H
#define CHATAPP_HARNESS_SWARM_H

#include "checker.h"
#include "user.h"

struct swarm;

/* Signs up `n` users. `checker` stays the caller's. */
struct swarm *swarm_new(struct stack *s, struct checker *checker, int n);
void swarm_free(struct swarm *swarm);

/* A room of the clients first, first + step, first + 2 step … (`members` of them). */
void swarm_add_room(struct swarm *swarm, int first, int step, int members);
/* Client a writes to b by name, too. */
void swarm_add_direct(struct swarm *swarm, int a, int b);

/* Lets them talk for so long. */
void swarm_run(struct swarm *swarm, int ms);
/* No new messages: waits until everything sent is acked and everybody is connected and has
 * caught up; a failed test when that does not come about. */
void swarm_settle(struct swarm *swarm);
/* Every member reads every conversation over HTTP, for the checker; then all wait until what
 * they have seen reaches to the histories' end. */
void swarm_read_back(struct swarm *swarm);

struct swarm_counts {
    size_t connects; /* handshakes that ended in `ready` */
    size_t resends;
    size_t errors; /* frames `error` that came */
};
struct swarm_counts swarm_counts(const struct swarm *swarm);

#endif
