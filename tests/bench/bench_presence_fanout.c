/* Changes of presence: a few users with N contacts each, who are all connected, change their status one time after the
 * other; a change is in flight until every contact has seen it. Counts deliveries. Every change must reach every contact,
 * and those of one user in order. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "friends.h"
#include "load.h"

static struct {
    const char *api, *presence, *redis;
    long contacts, changers, seconds, warmup, limit;
} options = {.contacts = 1000, .changers = 8, .seconds = 3, .warmup = 1, .limit = 120};

static struct meter meter;

struct changer {
    int64_t number; /* of the change that is in flight */
    int64_t said_us;
    long waiting; /* for so many to see it */
};

struct run {
    struct load load;
    struct accounts *accounts; /* the contacts, then those who change */
    struct changer *changers;
    int64_t *seen; /* [contact][changer]: number of the last change */
    struct buf frame;
};

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return account_at(run->accounts, client)->token;
}

static void change(struct run *run, size_t i)
{
    struct changer *c = &run->changers[i];

    c->number++;
    c->waiting = options.contacts;
    c->said_us = clock_mono_us();
    run->load.sent++;
    buf_clear(&run->frame);
    buf_printf(&run->frame, "{\"type\":\"status\",\"status\":\"busy\",\"text\":\"%ld\"}",
               c->number);
    fleet_send(run->load.fleet, (size_t)options.contacts + i, buf_view(&run->frame));
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct sight sight;
    int64_t number;

    if (!sight_next(&text, &sight) || !str_to_i64(sight.text, &number))
        return; /* somebody has come */
    size_t i = sight.account - (size_t)options.contacts;
    struct changer *c = &run->changers[i];
    int64_t *seen = &run->seen[client * (size_t)options.changers + i];
    if (number != *seen + 1 || number != c->number)
        die("contact %zu sees change %ld of %zu after %ld", client, number, i, *seen);
    *seen = number;
    load_delivered(&run->load, now_us - c->said_us);
    if (--c->waiting > 0)
        return;
    load_acked(&run->load, now_us - c->said_us);
    if (run->load.sending)
        change(run, i);
}

static void befriend_all(struct run *run, struct pipeline *redis)
{
    size_t n = (size_t)options.contacts;
    size_t m = (size_t)options.changers;
    size_t *all = mem_array(NULL, n + m, sizeof *all);

    for (size_t i = 0; i < n + m; i++)
        all[i] = i;
    for (size_t i = 0; i < n; i++)
        friends_add(redis, run->accounts, i, all + n, m);
    for (size_t i = n; i < n + m; i++)
        friends_add(redis, run->accounts, i, all, n);
    free(all);
}

static void prepare(struct run *run)
{
    size_t clients = (size_t)(options.contacts + options.changers);
    struct pipeline *redis = pipeline_open(options.redis);

    run->accounts = accounts_new(options.api, clients);
    befriend_all(run, redis);
    pipeline_close(redis);
    run->changers = mem_zalloc((size_t)options.changers * sizeof *run->changers);
    run->seen = mem_zalloc((size_t)(options.contacts * options.changers) * sizeof *run->seen);
    run->load.receivers = options.contacts;
    run->load.fleet = fleet_new(&(struct fleet_options){.servers = addresses_of(options.presence),
                                                        .path = PRESENCE_PATH,
                                                        .clients = clients,
                                                        .token = token_of,
                                                        .on_text = on_text,
                                                        .context = run});
    fleet_sign_in(run->load.fleet);
    fleet_turn_for(run->load.fleet, 1);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--presence", NULL, &options.presence, "address:port of the presence-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--redis", NULL, &options.redis, "path of its socket, to write contacts"},
        {"--server-pids", NULL, &meter.server_pids, "whose CPU is counted"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, the same"},
        {"--contacts", &options.contacts, NULL, "of each who changes"},
        {"--changers", &options.changers, NULL, "users who change, each one time after the other"},
        {"--seconds", &options.seconds, NULL, "to measure"},
        {"--warmup", &options.warmup, NULL, "seconds before"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run *run = mem_zalloc(sizeof *run);

    options_read(argc, argv, rows);
    if (options.contacts < 1 || options.changers < 1)
        die("--contacts and --changers are needed");
    (void)alarm((unsigned)options.limit);
    prepare(run);
    run->load.sending = true;
    for (size_t i = 0; i < (size_t)options.changers; i++)
        change(run, i);
    fleet_turn_for(run->load.fleet, options.warmup);
    load_measure(&run->load, &meter, options.seconds);
    run->load.sending = false;
    load_drain(&run->load, options.limit);
    fleet_free(run->load.fleet);
    accounts_free(run->accounts);
    buf_fini(&run->frame);
    free(run->changers);
    free(run->seen);
    free(run);
    return EXIT_SUCCESS;
}
