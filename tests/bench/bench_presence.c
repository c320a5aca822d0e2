/* Presence: N users, each with C contacts among the others, come online as fast as they can. Until when does everybody see
 * all contacts, how long does a change take meanwhile, and how much memory of the presence-server is each connection?
 * A wrong frame, and a view that is wrong at the end, end the program. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "friends.h"
#include "meter.h"
#include "process.h"
#include "status_probe.h"

#define BYTES_PER_KIB 1024
#define TURN_MS 10
#define CALM_MS 2000
#define SETTLE_MS 3000
#define STALLED_MS 30000
#define PROBE_PAIRS 10

static struct {
    const char *api, *presence, *redis, *pid;
    long users, contacts, at_once, sources, rate, limit;
} options = {
    .users = 10000, .contacts = 50, .at_once = 1000, .sources = 8, .rate = 200, .limit = 300};

static struct meter meter;

struct run {
    struct addresses servers;
    struct accounts *accounts; /* the users, then the probes */
    struct pipeline *redis;
    struct fleet *fleet;
    bool *sees; /* [user][which of the contacts] */
    size_t seen_n;
    size_t frames;
    struct histogram calm, storm;
};

static size_t users_n(void)
{
    return (size_t)options.users;
}

static size_t contacts_n(void)
{
    return (size_t)options.contacts;
}

/* They stand in a ring: a user's contacts are the half before and the half after. */
static size_t contact_of(size_t user, size_t which)
{
    size_t half = contacts_n() / 2;
    return (user + users_n() + which - half + (which >= half)) % users_n();
}

static size_t which_of(size_t user, size_t contact)
{
    size_t half = contacts_n() / 2;
    size_t at = (contact + users_n() - user + half) % users_n();
    return at > half ? at - 1 : at;
}

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return account_at(run->accounts, client)->token;
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct sight sight;
    (void)now_us;

    run->frames++;
    while (sight_next(&text, &sight)) {
        size_t which = which_of(client, sight.account);
        if (sight.account >= users_n() || which >= contacts_n())
            die("user %zu sees %zu, who is no contact", client, sight.account);
        bool *sees = &run->sees[client * contacts_n() + which];
        run->seen_n += sight.online;
        run->seen_n -= *sees;
        *sees = sight.online;
    }
}

/* ---- before ---- */

static void befriend_all(struct run *run)
{
    size_t *list = mem_array(NULL, contacts_n() + 1, sizeof *list);

    for (size_t i = 0; i < users_n(); i++) {
        for (size_t j = 0; j < contacts_n(); j++)
            list[j] = contact_of(i, j);
        friends_add(run->redis, run->accounts, i, list, contacts_n());
    }
    for (size_t i = 0; i < 2 * PROBE_PAIRS; i++) {
        size_t mate = users_n() + (i ^ 1);
        friends_add(run->redis, run->accounts, users_n() + i, &mate, 1);
    }
    free(list);
}

static void prepare(struct run *run)
{
    run->servers = addresses_of(options.presence);
    run->accounts = accounts_new(options.api, users_n() + 2 * PROBE_PAIRS);
    run->redis = pipeline_open(options.redis);
    befriend_all(run);
    pipeline_settle(run->redis);
    run->sees = mem_zalloc(users_n() * contacts_n() + 1);
    run->fleet = fleet_new(&(struct fleet_options){.servers = run->servers,
                                                   .path = PRESENCE_PATH,
                                                   .clients = users_n(),
                                                   .at_once = (size_t)options.at_once,
                                                   .source_addresses = (size_t)options.sources,
                                                   .ready_too = true,
                                                   .token = token_of,
                                                   .on_text = on_text,
                                                   .context = run});
}

static struct status_probe *start_probe(const struct run *run)
{
    return status_probe_start(&(struct status_probe_options){.servers = run->servers,
                                                             .accounts = run->accounts,
                                                             .first = users_n(),
                                                             .pairs = PROBE_PAIRS,
                                                             .rate = options.rate});
}

static void wait_for(struct run *run, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;
    while (clock_mono_ms() < end)
        fleet_turn(run->fleet, TURN_MS);
}

/* ---- the storm ---- */

static void storm(struct run *run)
{
    struct status_probe *probe = start_probe(run);

    wait_for(run, CALM_MS);
    status_probe_stop(probe, &run->calm);
    probe = start_probe(run);
    int64_t start_ms = clock_mono_ms();
    meter_start(&meter);
    fleet_sign_in(run->fleet);
    figure("all_in_ms", (double)(clock_mono_ms() - start_ms));
    while (run->seen_n < users_n() * contacts_n()) {
        fleet_turn(run->fleet, TURN_MS);
        if (clock_mono_ms() - start_ms > STALLED_MS)
            die("%zu of %zu views are right, and no more become so", run->seen_n,
                users_n() * contacts_n());
    }
    figure("all_right_ms", (double)(clock_mono_ms() - start_ms));
    (void)meter_stop(&meter, "user", (double)options.users);
    status_probe_stop(probe, &run->storm);
    figure("frames", (double)run->frames);
    figure_latency("calm_change", &run->calm);
    figure_latency("storm_change", &run->storm);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--presence", NULL, &options.presence, "address:port of the presence-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--redis", NULL, &options.redis, "path of its socket, to write contacts"},
        {"--pid", NULL, &options.pid, "of the presence-server"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, whose CPU is counted"},
        {"--users", &options.users, NULL, "in all, a connection each"},
        {"--contacts", &options.contacts, NULL, "of each; an even number"},
        {"--at-once", &options.at_once, NULL, "that connect at the same time"},
        {"--sources", &options.sources, NULL, "loopback addresses to connect from"},
        {"--rate", &options.rate, NULL, "changes a second that are watched meanwhile"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run *run = mem_zalloc(sizeof *run);

    options_read(argc, argv, rows);
    if (options.pid == NULL || options.contacts < 0 || options.contacts % 2 ||
        options.users <= options.contacts || options.rate < 1)
        die("--pid is needed, more --users than --contacts, of which an even number, and --rate");
    (void)alarm((unsigned)options.limit);
    meter.server_pids = options.pid;
    prepare(run);
    double before_kib = process_memory(options.pid).rss_kib;
    storm(run);
    wait_for(run, SETTLE_MS);
    double after_kib = process_memory(options.pid).rss_kib;
    figure("bytes_per_connection",
           (after_kib - before_kib) * BYTES_PER_KIB / (double)options.users);
    fleet_free(run->fleet);
    accounts_free(run->accounts);
    pipeline_close(run->redis);
    free(run->sees);
    free(run);
    return EXIT_SUCCESS;
}
