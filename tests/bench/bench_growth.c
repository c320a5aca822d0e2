/* Growth: what a message costs the server and Redis while some pairs write at a fixed rate, and so many other
 * connections are open, or so many messages are in each pair's history already. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crowd.h"
#include "figures.h"
#include "meter.h"
#include "pairs.h"
#include "stored.h"

#define MS_PER_S 1000
#define CROWD_TURN_MS 250 /* so often the silent connections are looked after */

static struct {
    const char *api, *chat, *redis;
    long connections, pairs, rate, history, text, sources, seconds, warmup, limit;
} options = {.connections = 100,
             .pairs = 50,
             .rate = 4000,
             .text = 200,
             .sources = 8,
             .seconds = 5,
             .warmup = 1,
             .limit = 600};

static struct meter meter;

struct run {
    struct accounts *accounts;
    struct pairs *pairs;
    struct crowd *crowd; /* NULL: nobody but the pairs */
    struct histogram ack, delivery;
};

static void fill_histories(const struct run *run, struct pipeline *redis)
{
    stored_begin(redis);
    for (size_t i = 0; i < (size_t)options.pairs; i++) {
        str user = str_of(account_at(run->accounts, 2 * i)->name);
        str peer = str_of(account_at(run->accounts, 2 * i + 1)->name);
        struct conversation_id direct = stored_direct(redis, user, peer);
        (void)stored_messages(redis, str_of(direct.text), user, peer, options.history,
                              (size_t)options.text);
    }
}

static void prepare(struct run *run)
{
    struct addresses servers = addresses_of(options.chat);
    size_t clients = 2 * (size_t)options.pairs;
    size_t others = (size_t)options.connections - clients;

    struct pipeline *redis = pipeline_open(options.redis);

    run->accounts = accounts_new(options.api, clients);
    if (options.history > 0)
        fill_histories(run, redis);
    run->pairs = pairs_new(&(struct pairs_options){.servers = servers,
                                                   .accounts = run->accounts,
                                                   .clients = clients,
                                                   .source_addresses = (size_t)options.sources,
                                                   .text_n = (size_t)options.text,
                                                   .rate = options.rate,
                                                   .stored = options.history});
    pairs_sign_in(run->pairs);
    if (others > 0) {
        run->crowd = crowd_new(options.api, &servers, others, 1, (size_t)options.sources);
        crowd_sign_in(run->crowd);
    }
    pipeline_settle(redis);
    pipeline_close(redis);
}

static void write_for(struct run *run, long seconds, struct histogram *ack,
                      struct histogram *delivery)
{
    for (int64_t ms = 0; ms < seconds * MS_PER_S; ms += CROWD_TURN_MS) {
        pairs_write(run->pairs, CROWD_TURN_MS, ack, delivery);
        if (run->crowd)
            crowd_wait(run->crowd, 0);
    }
}

static void measure(struct run *run)
{
    int64_t before = pairs_tally(run->pairs).acked;

    meter_start(&meter);
    write_for(run, options.seconds, &run->ack, &run->delivery);
    double messages = (double)(pairs_tally(run->pairs).acked - before);
    double elapsed_s = meter_stop(&meter, "message", messages);
    figure("messages_per_s", messages / elapsed_s);
    figure_latency("ack", &run->ack);
    figure_latency("delivery", &run->delivery);
}

static void read_options(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--redis", NULL, &options.redis, "path of its socket"},
        {"--server-pids", NULL, &meter.server_pids, "of the chat-server, whose CPU is counted"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, whose CPU is counted"},
        {"--connections", &options.connections, NULL, "in all, the pairs' included"},
        {"--pairs", &options.pairs, NULL, "who write to each other"},
        {"--rate", &options.rate, NULL, "messages a second in all"},
        {"--history", &options.history, NULL, "messages that each pair has had before"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--sources", &options.sources, NULL, "loopback addresses to connect from"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.pairs < 1 || options.rate < 1 || options.connections < 2 * options.pairs)
        die("at least one pair, a rate, and as many connections as the pairs have");
    (void)alarm((unsigned)options.limit);
}

int main(int argc, char **argv)
{
    struct run *run = mem_zalloc(sizeof *run);

    read_options(argc, argv);
    prepare(run);
    write_for(run, options.warmup, NULL, NULL);
    measure(run);
    pairs_finish(run->pairs);
    pairs_free(run->pairs);
    if (run->crowd)
        crowd_free(run->crowd);
    accounts_free(run->accounts);
    free(run);
    return EXIT_SUCCESS;
}
