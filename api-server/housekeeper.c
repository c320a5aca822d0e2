#include "housekeeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "erasing.h"

#define ROUND_S 2
#define ERASING_MS 60000

struct housekeeper {
    struct api *api;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

static void wait_round(struct housekeeper *h)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ROUND_S;
    (void)pthread_cond_timedwait(&h->wake, &h->lock, &until);
}

static void *run(void *argument)
{
    struct housekeeper *h = argument;
    int64_t erasing_due_ms = 0;

    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        pthread_mutex_unlock(&h->lock);
        api_keys_refresh(h->api->keys);
        if (api_keys_published(h->api->keys) && clock_mono_ms() >= erasing_due_ms) {
            erasing_finish_all(h->api);
            erasing_due_ms = clock_mono_ms() + ERASING_MS;
        }
        pthread_mutex_lock(&h->lock);
        if (!h->stopping)
            wait_round(h);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

struct housekeeper *housekeeper_start(struct api *api)
{
    struct housekeeper *h = mem_zalloc(sizeof *h);
    pthread_condattr_t monotonic;

    h->api = api;
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&h->thread, NULL, run, h) == 0);
    return h;
}

void housekeeper_stop(struct housekeeper **housekeeper)
{
    struct housekeeper *h = *housekeeper;

    *housekeeper = NULL;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    (void)pthread_join(h->thread, NULL);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
