/* What others notice of clients that misbehave: direct messages at a steady rate, first alone, then beside the
 * abusers. Every message is checked, before and meanwhile; how the server's memory grows is said, too. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abusers.h"
#include "figures.h"
#include "meter.h"
#include "pairs.h"
#include "process.h"

#define MS_PER_S 1000
#define SLICE_MS 100 /* the server's memory is looked at so often */

static struct {
    const char *api, *chat, *pid, *kind;
    long clients, rate, text, seconds, warmup, limit;
} options = {.clients = 100, .rate = 2000, .text = 200, .seconds = 5, .warmup = 1, .limit = 120};

struct latencies {
    struct histogram ack, delivery;
};

static void measure(struct pairs *pairs, struct latencies *latencies, double *rss_kib_out)
{
    *rss_kib_out = 0;
    for (long ms = 0; ms < options.seconds * MS_PER_S; ms += SLICE_MS) {
        pairs_write(pairs, SLICE_MS, &latencies->ack, &latencies->delivery);
        double rss_kib = process_memory(options.pid).rss_kib;
        *rss_kib_out = rss_kib > *rss_kib_out ? rss_kib : *rss_kib_out;
    }
}

static void run(struct pairs *pairs, const struct abusers *abusers)
{
    static struct latencies alone, beside;
    struct meter meter = {.server_pids = options.pid};
    double alone_kib, beside_kib;

    pairs_write(pairs, options.warmup * MS_PER_S, NULL, NULL);
    measure(pairs, &alone, &alone_kib);
    pid_t pid = abusers_start(options.kind, abusers);
    pairs_write(pairs, options.warmup * MS_PER_S, NULL, NULL);
    meter_start(&meter);
    measure(pairs, &beside, &beside_kib);
    (void)meter_stop(&meter, "message", (double)beside.ack.n);
    if (waitpid(pid, NULL, WNOHANG) != 0)
        die("the abusers gave up");
    abusers_stop(pid);
    figure_latency("alone_ack", &alone.ack);
    figure_latency("alone_delivery", &alone.delivery);
    figure_latency("ack", &beside.ack);
    figure_latency("delivery", &beside.delivery);
    figure("acks_per_s", (double)beside.ack.n / (double)options.seconds);
    figure("grown_kib", beside_kib - alone_kib);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--pid", NULL, &options.pid, "of the chat-server"},
        {"--kind", NULL, &options.kind, "of abuse"},
        {"--clients", &options.clients, NULL, "that notice it"},
        {"--rate", &options.rate, NULL, "messages a second, in all"},
        {"--text", &options.text, NULL, "letters a message"},
        {"--seconds", &options.seconds, NULL, "alone, and beside the abusers"},
        {"--warmup", &options.warmup, NULL, "seconds before each"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.chat == NULL || options.pid == NULL || options.kind == NULL)
        die("--chat, --pid and --kind are needed");
    (void)alarm((unsigned)options.limit);

    size_t clients = (size_t)options.clients;
    struct accounts *accounts = accounts_new(options.api, clients + ABUSERS_ACCOUNTS);
    struct abusers abusers = {.server = address_of(options.chat),
                              .accounts = account_at(accounts, clients),
                              .room = accounts_make_room(accounts, clients, ABUSERS_ACCOUNTS)};
    struct pairs *pairs = pairs_new(&(struct pairs_options){.servers = addresses_of(options.chat),
                                                            .accounts = accounts,
                                                            .clients = clients,
                                                            .text_n = (size_t)options.text,
                                                            .rate = options.rate});
    pairs_sign_in(pairs);
    run(pairs, &abusers);
    pairs_finish(pairs);
    pairs_free(pairs);
    accounts_free(accounts);
    return EXIT_SUCCESS;
}
