/* Faults at random, from a seed, while something else goes on: servers, workers and Redis killed,
 * stopped and started again, servers ended well, and what lies between them and Redis cut and
 * stalled. Each kind comes once before any comes again. Nothing here waits. */
#ifndef CHATAPP_HARNESS_CHAOS_H
#define CHATAPP_HARNESS_CHAOS_H

#include "checker.h"
#include "redis_proxy.h"
#include "stack.h"

struct chaos_options {
    unsigned seed;
    int pause_ms; /* from one fault to the next, about */
    int stop_ms;  /* how long somebody is stopped (SIGSTOP) at most */
};

struct chaos;

/* `proxies`: one for each chat-server, then the api-server's. What is wrong with the daemons
 * themselves the checker is told. */
struct chaos *chaos_new(struct stack *s, struct redis_proxy *proxies, struct checker *checker,
                        struct chaos_options options);
void chaos_free(struct chaos *c);

/* Ends what it is time to end, and, when `more`, begins what it is time to begin. */
void chaos_act(struct chaos *c, bool more);
/* Everything runs, and what was killed is gone. */
bool chaos_is_over(struct chaos *c);
/* Every kind of fault has come at least once. */
bool chaos_has_tried_all(const struct chaos *c);
size_t chaos_count(const struct chaos *c);
/* What was done when; the times are those of the checker's findings. */
void chaos_print(const struct chaos *c);
/* Tells the checker what sanitizers and assertions have left in the daemons' logs. */
void chaos_read_logs(struct chaos *c);

#endif
