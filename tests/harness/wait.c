#include "wait.h"

#include <time.h>

void wait_a_little(void)
{
    const struct timespec ms = {.tv_nsec = 2 * 1000 * 1000};

    (void)nanosleep(&ms, NULL);
}
