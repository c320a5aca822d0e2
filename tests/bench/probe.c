#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "figures.h"

#define LOOK_MS 50 /* so often: is it over? */

struct probe {
    pthread_t thread;
    struct pairs *pairs;
    struct histogram delivery;
    atomic_bool stop;
};

/* Needs root; without, the figures hold what the generator itself delays. */
static void go_ahead_of_others(void)
{
    struct sched_param priority = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0)
        note("the probe has no priority: %s", strerror(errno));
}

static void *run(void *context)
{
    struct probe *probe = context;

    go_ahead_of_others();
    while (!atomic_load(&probe->stop))
        pairs_write(probe->pairs, LOOK_MS, NULL, &probe->delivery);
    pairs_finish(probe->pairs);
    return NULL;
}

struct probe *probe_start(const struct pairs_options *options)
{
    struct probe *probe = mem_zalloc(sizeof *probe);

    probe->pairs = pairs_new(options);
    pairs_sign_in(probe->pairs);
    int error = pthread_create(&probe->thread, NULL, run, probe);
    if (error != 0)
        die("pthread_create: %s", strerror(error));
    return probe;
}

void probe_stop(struct probe *probe, struct histogram *delivery)
{
    atomic_store(&probe->stop, true);
    (void)pthread_join(probe->thread, NULL);
    *delivery = probe->delivery;
    pairs_free(probe->pairs);
    free(probe);
}
