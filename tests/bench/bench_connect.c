/* Connecting: how many clients a second get through the upgrade and the sign-in (the token in its header) to `ready`,
 * some at a time; how long one takes, and what it costs the server and Redis. They come from several addresses, so
 * that neither ports nor limits by address are in the way. Without --api the server is another one that knows no
 * sign-in (a floor, a rival), and the upgrade is all; --silent: it sends no `ready` either. */
#include <stdlib.h>
#include <unistd.h>

#include "accounts.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "meter.h"
#include "options.h"

static struct {
    const char *api, *chat, *path;
    long connections, per_user, at_once, sources, silent, limit;
} options = {.connections = 15000, .per_user = 1, .at_once = 64, .sources = 8, .limit = 300};

static struct meter meter;

struct run {
    struct fleet *fleet;
    struct accounts *accounts; /* NULL: nobody signs in */
    struct histogram connect;
};

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return run->accounts ? account_at(run->accounts, client / (size_t)options.per_user)->token
                         : NULL;
}

static void on_in(void *context, size_t client, int64_t took_us)
{
    struct run *run = context;
    (void)client;
    histogram_add(&run->connect, took_us);
}

static void ignore(void *context, size_t client, str text, int64_t now_us)
{
    (void)context;
    (void)client;
    (void)text;
    (void)now_us;
}

static void read_options(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server; without: no sign-in"},
        {"--path", NULL, &options.path, "to connect to, when it is not the chat-server's"},
        {"--silent", &options.silent, NULL, "1: no `ready` comes"},
        {"--server-pids", NULL, &meter.server_pids, "of the server, whose CPU is counted"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, whose CPU is counted"},
        {"--connections", &options.connections, NULL, "in all"},
        {"--per-user", &options.per_user, NULL, "connections of one user"},
        {"--at-once", &options.at_once, NULL, "connecting at the same time"},
        {"--sources", &options.sources, NULL, "loopback addresses to connect from"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.connections < 1 || options.per_user < 1 || options.at_once < 1)
        die("--connections, --per-user and --at-once are at least 1");
    (void)alarm((unsigned)options.limit);
}

static void prepare(struct run *run)
{
    if (options.api)
        run->accounts = accounts_new(
            options.api, (size_t)((options.connections + options.per_user - 1) / options.per_user));
    run->fleet = fleet_new(&(struct fleet_options){.servers = addresses_of(options.chat),
                                                   .path = options.path,
                                                   .silent = options.silent != 0,
                                                   .clients = (size_t)options.connections,
                                                   .at_once = (size_t)options.at_once,
                                                   .source_addresses = (size_t)options.sources,
                                                   .token = token_of,
                                                   .on_in = on_in,
                                                   .on_text = ignore,
                                                   .context = run});
}

int main(int argc, char **argv)
{
    struct run *run = mem_zalloc(sizeof *run);
    double connections;

    read_options(argc, argv);
    prepare(run);
    connections = (double)options.connections;
    meter_start(&meter);
    fleet_sign_in(run->fleet);
    figure("connects_per_s", connections / meter_stop(&meter, "connect", connections));
    figure_latency("connect", &run->connect);
    fleet_free(run->fleet);
    if (run->accounts)
        accounts_free(run->accounts);
    free(run);
    return EXIT_SUCCESS;
}
