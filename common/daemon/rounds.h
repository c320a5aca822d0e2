/* A thread that makes its rounds: the housekeeping of the threaded daemons. */
#ifndef CHATAPP_DAEMON_ROUNDS_H
#define CHATAPP_DAEMON_ROUNDS_H

#include <stdint.h>

struct rounds;

/* One round; returns after how many ms the next one is due. */
typedef int64_t round_fn(void *context);

/* The first one is made at once. */
struct rounds *rounds_start(round_fn *round, void *context);
/* Waits for the end of a round under way. *rounds is NULL afterwards. */
void rounds_stop(struct rounds **rounds);

#endif
