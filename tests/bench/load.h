/* Messages of which each is acked once and delivered to a number of connections: how many, and how long they took.
 * The bench that sends them tells of what comes. */
#ifndef CHATAPP_BENCH_LOAD_H
#define CHATAPP_BENCH_LOAD_H

#include <stdbool.h>

#include "fleet.h"
#include "histogram.h"
#include "meter.h"

struct load {
    struct fleet *fleet;
    long receivers; /* of each message */
    int64_t sent;   /* counted by the bench */
    int64_t acked;
    int64_t delivered;
    bool sending; /* what is acked may be followed by another */
    bool measuring;
    struct histogram ack, delivery;
};

void load_acked(struct load *load, int64_t took_us);
void load_delivered(struct load *load, int64_t took_us);
/* For so long; says what it was: rates, latencies, and what the processes of the meter needed for it. */
void load_measure(struct load *load, struct meter *meter, long seconds);
/* Returns when all that was sent has come; ends the program when it has not within so long. */
void load_drain(struct load *load, long seconds);

#endif
