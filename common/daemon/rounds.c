#include "daemon/rounds.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

struct rounds {
    round_fn *round;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

static void rest(struct rounds *r, int64_t ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / MS_PER_S;
    until.tv_nsec += ms % MS_PER_S * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_nsec -= NS_PER_S;
        until.tv_sec++;
    }
    while (!r->stopping && pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0)
        ;
}

static void *run(void *argument)
{
    struct rounds *r = argument;

    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        pthread_mutex_unlock(&r->lock);
        int64_t ms = r->round(r->context);
        pthread_mutex_lock(&r->lock);
        rest(r, ms);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

struct rounds *rounds_start(round_fn *round, void *context)
{
    struct rounds *r = mem_zalloc(sizeof *r);
    pthread_condattr_t monotonic;

    r->round = round;
    r->context = context;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&r->thread, NULL, run, r) == 0);
    return r;
}

void rounds_stop(struct rounds **rounds)
{
    struct rounds *r = *rounds;

    *rounds = NULL;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    (void)pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
