/* Direct messages: clients in pairs, a closed loop: each writes to its partner, waits for the ack that says the
 * message is stored, writes again. Counts acks; pairs.h proves that both ends of every conversation have seen all its
 * messages exactly once, in seq order. bench_redis_script is the floor. */
#include <stdlib.h>
#include <unistd.h>

#include "figures.h"
#include "meter.h"
#include "options.h"
#include "pairs.h"

#define MS_PER_S 1000

static struct {
    const char *api, *chat;
    long clients, text, seconds, warmup, limit;
} options = {.clients = 1000, .text = 200, .seconds = 5, .warmup = 1, .limit = 120};

static struct meter meter;

static void measure(struct pairs *pairs)
{
    static struct histogram ack, delivery;
    int64_t acked = pairs_tally(pairs).acked;

    meter_start(&meter);
    pairs_write(pairs, options.seconds * MS_PER_S, &ack, &delivery);
    double acks = (double)(pairs_tally(pairs).acked - acked);
    figure("acks_per_s", acks / meter_stop(&meter, "message", acks));
    figure_latency("ack", &ack);
    figure_latency("delivery", &delivery);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server; of several, with commas"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--server-pids", NULL, &meter.server_pids, "servers whose CPU is counted, with commas"},
        {"--redis-pids", NULL, &meter.redis_pids, "the same of Redis"},
        {"--clients", &options.clients, NULL, "an even number"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};

    options_read(argc, argv, rows);
    (void)alarm((unsigned)options.limit);
    size_t n = (size_t)options.clients;
    struct accounts *accounts = accounts_new(options.api, n);
    struct pairs *pairs = pairs_new(&(struct pairs_options){.servers = addresses_of(options.chat),
                                                            .accounts = accounts,
                                                            .clients = n,
                                                            .text_n = (size_t)options.text});
    pairs_sign_in(pairs);
    pairs_write(pairs, options.warmup * MS_PER_S, NULL, NULL);
    measure(pairs);
    pairs_finish(pairs);
    pairs_free(pairs);
    accounts_free(accounts);
    return EXIT_SUCCESS;
}
