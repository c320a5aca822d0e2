#include "status_probe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "friends.h"

#define US_PER_S 1000000
#define DRAIN_US (20 * US_PER_S)
#define UNSEEN_MAX 1024

struct pair { /* when it said what has not been seen yet */
    int64_t said_us[UNSEEN_MAX];
    size_t first;
    size_t n;
};

struct status_probe {
    struct status_probe_options options;
    pthread_t thread;
    struct fleet *fleet;
    struct histogram seen;
    struct pair *pairs;
    size_t changed_n;
    size_t unseen_n;
    atomic_bool stop;
};

static const char *token_of(void *context, size_t client)
{
    const struct status_probe *probe = context;
    return account_at(probe->options.accounts, probe->options.first + client)->token;
}

/* What was said at that time: with it is seen whatever was left out because this followed at once. */
static void saw(struct status_probe *probe, struct pair *pair, int64_t then_us, int64_t now_us)
{
    while (pair->n > 0 && pair->said_us[pair->first] <= then_us) {
        histogram_add(&probe->seen, now_us - pair->said_us[pair->first]);
        pair->first = (pair->first + 1) % UNSEEN_MAX;
        pair->n--;
        probe->unseen_n--;
    }
}

/* The text is the time at which it was said. */
static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct status_probe *probe = context;
    struct sight sight;
    int64_t then_us;

    while (sight_next(&text, &sight))
        if (str_to_i64(sight.text, &then_us))
            saw(probe, &probe->pairs[client / 2], then_us, now_us);
}

static void remember(struct status_probe *probe, struct pair *pair, int64_t now_us)
{
    if (pair->n == UNSEEN_MAX)
        die("%d changes of one user were not seen", UNSEEN_MAX);
    pair->said_us[(pair->first + pair->n++) % UNSEEN_MAX] = now_us;
    probe->unseen_n++;
}

static void change_next(struct status_probe *probe)
{
    size_t pair = probe->changed_n % probe->options.pairs;
    bool even = probe->changed_n / probe->options.pairs % 2 == 0;
    struct buf frame = {0};
    int64_t now_us = clock_mono_us();

    remember(probe, &probe->pairs[pair], now_us);
    buf_printf(&frame, "{\"type\":\"status\",\"status\":\"%s\",\"text\":\"%ld\"}",
               even ? "busy" : "away", now_us);
    fleet_send(probe->fleet, 2 * pair, buf_view(&frame));
    probe->changed_n++;
    buf_fini(&frame);
}

static void *run(void *context)
{
    struct status_probe *probe = context;
    int64_t start_us = clock_mono_us();
    int64_t end_us = 0;

    while (!atomic_load(&probe->stop)) {
        int64_t due_us = start_us + (int64_t)probe->changed_n * US_PER_S / probe->options.rate;
        if (clock_mono_us() >= due_us)
            change_next(probe);
        fleet_turn(probe->fleet, 1);
    }
    for (end_us = clock_mono_us() + DRAIN_US; probe->unseen_n > 0;) {
        fleet_turn(probe->fleet, 1);
        if (clock_mono_us() > end_us)
            die("of %zu changes %zu were not seen", probe->changed_n, probe->unseen_n);
    }
    return NULL;
}

struct status_probe *status_probe_start(const struct status_probe_options *options)
{
    struct status_probe *probe = mem_zalloc(sizeof *probe);

    probe->options = *options;
    probe->pairs = mem_zalloc(options->pairs * sizeof *probe->pairs);
    probe->fleet = fleet_new(&(struct fleet_options){.servers = options->servers,
                                                     .path = PRESENCE_PATH,
                                                     .clients = 2 * options->pairs,
                                                     .token = token_of,
                                                     .on_text = on_text,
                                                     .context = probe});
    fleet_sign_in(probe->fleet);
    int error = pthread_create(&probe->thread, NULL, run, probe);
    if (error != 0)
        die("pthread_create: %s", strerror(error));
    return probe;
}

void status_probe_stop(struct status_probe *probe, struct histogram *seen_out)
{
    atomic_store(&probe->stop, true);
    (void)pthread_join(probe->thread, NULL);
    *seen_out = probe->seen;
    fleet_free(probe->fleet);
    free(probe->pairs);
    free(probe);
}
