/* A crowd of well-behaved clients, several devices for some users: each writes into its
 * conversations, sends again what was not acked, reconnects with growing pauses to the next
 * chat-server, and catches up; some members of rooms come and go. All that they do and see goes to
 * the checker. */
#ifndef CHATAPP_HARNESS_SWARM_H
#define CHATAPP_HARNESS_SWARM_H

#include "checker.h"
#include "swarm_client.h"

struct swarm;

/* Signs up `users`, of whom every second one has two devices. `checker` stays the caller's. */
struct swarm *swarm_new(struct stack *s, struct checker *checker, int users);
void swarm_free(struct swarm *swarm);

/* A room of the users first, first + step, first + 2 step … (`members` of them). The last
 * `guests` of them come and go. */
void swarm_add_room(struct swarm *swarm, int first, int step, int members, int guests);
/* User a and user b write to each other by name, too: nobody has until then. */
void swarm_add_direct(struct swarm *swarm, int a, int b);
/* The same for two who have not met. */
void swarm_meet(struct swarm *swarm);

/* One turn of all clients, some milliseconds. */
void swarm_turn(struct swarm *swarm, bool talking);
/* No new messages: waits until everything sent is acked, every change of members done, and
 * everybody connected and up to date; a failed test when that does not come about. */
void swarm_settle(struct swarm *swarm);
/* The last words: somebody says something in each conversation, all see it and read it, and all
 * others hear of that. What does not come about, the checker is told. */
void swarm_say_goodbye(struct swarm *swarm);
/* Every member, and who was one, reads every conversation over HTTP, for the checker; and has
 * nothing unread. */
void swarm_read_back(struct swarm *swarm);

struct swarm_counts swarm_counts(const struct swarm *swarm);

#endif
