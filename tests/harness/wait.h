/* Waiting for a condition, with a deadline. Nothing in the tests sleeps for a guessed time. */
#ifndef CHATAPP_HARNESS_WAIT_H
#define CHATAPP_HARNESS_WAIT_H

#include "base/clock.h"
#include "fail.h"

/* A loaded machine under AddressSanitizer is slow; this is reached only by what is broken. */
#define PATIENCE_MS 20000

void wait_a_little(void);

#define WAIT_UNTIL(condition)                                                                      \
    do {                                                                                           \
        const int64_t wait_deadline_ = clock_mono_ms() + PATIENCE_MS;                              \
        while (!(condition)) {                                                                     \
            if (clock_mono_ms() > wait_deadline_)                                                  \
                fail_at(HERE, "waited in vain for: %s", #condition);                               \
            wait_a_little();                                                                       \
        }                                                                                          \
    } while (0)

#endif
