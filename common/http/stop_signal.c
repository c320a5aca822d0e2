#include "http/stop_signal.h"

#include <pthread.h>
#include <signal.h>

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

void stop_signal_block(void)
{
    sigset_t set;

    fill(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void stop_signal_wait(void)
{
    sigset_t set;
    int which;

    fill(&set);
    while (sigwait(&set, &which) != 0)
        ;
}
