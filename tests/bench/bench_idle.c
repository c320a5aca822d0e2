/* Idle connections: how much memory of the chat-server each signed-in one costs, when its user is in one or two
 * rooms. */
#include <stdlib.h>
#include <unistd.h>

#include "accounts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "options.h"
#include "process.h"

#define US_PER_S 1e6
#define ROOM_MEMBERS 10
#define SETTLE_MS 3000
#define TURN_MS 50
#define BYTES_PER_KIB 1024

static struct {
    const char *api, *chat, *pid;
    long connections, per_user, sources, limit;
} options = {.connections = 15000, .per_user = 10, .limit = 300};

static const char *token_of(void *context, size_t client)
{
    return account_at(context, client / (size_t)options.per_user)->token;
}

static void ignore(void *context, size_t client, str text, int64_t now_us)
{
    (void)context;
    (void)client;
    (void)text;
    (void)now_us;
}

/* Everybody is in one room of ten; every other room's members are in a second one. */
static void make_rooms(struct accounts *accounts, size_t users)
{
    for (size_t first = 0; first < users; first += ROOM_MEMBERS) {
        size_t n = users - first < ROOM_MEMBERS ? users - first : ROOM_MEMBERS;
        (void)accounts_make_room(accounts, first, n);
        if (first / ROOM_MEMBERS % 2 == 1)
            (void)accounts_make_room(accounts, first, n);
    }
}

static void settle(struct fleet *fleet)
{
    int64_t end = clock_mono_ms() + SETTLE_MS;
    while (clock_mono_ms() < end)
        fleet_turn(fleet, TURN_MS);
}

struct memory {
    struct process_memory server;
    double tcp_kib;
    double slab_kib;
};

static struct memory memory_now(void)
{
    return (struct memory){process_memory(options.pid), kernel_tcp_kib(), kernel_slab_kib()};
}

static double bytes_each(double before_kib, double after_kib)
{
    return (after_kib - before_kib) * BYTES_PER_KIB / (double)options.connections;
}

static void report(const struct memory *before, const struct memory *after)
{
    figure("rss_before_kib", before->server.rss_kib);
    figure("rss_after_kib", after->server.rss_kib);
    figure("bytes_per_connection", bytes_each(before->server.rss_kib, after->server.rss_kib));
    figure("anonymous_bytes_per_connection",
           bytes_each(before->server.anonymous_kib, after->server.anonymous_kib));
    figure("kernel_tcp_buffer_bytes_per_connection", bytes_each(before->tcp_kib, after->tcp_kib));
    figure("kernel_slab_bytes_per_connection_both_ends",
           bytes_each(before->slab_kib, after->slab_kib));
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--pid", NULL, &options.pid, "of the chat-server"},
        {"--connections", &options.connections, NULL, "in all"},
        {"--per-user", &options.per_user, NULL, "connections of one user"},
        {"--sources", &options.sources, NULL,
         "loopback addresses to connect from, when ports run out"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.pid == NULL || options.connections < 1 || options.per_user < 1)
        die("--pid, --connections and --per-user are needed");
    (void)alarm((unsigned)options.limit);

    size_t users = (size_t)((options.connections + options.per_user - 1) / options.per_user);
    struct accounts *accounts = accounts_new(options.api, users);
    make_rooms(accounts, users);
    struct fleet *fleet =
        fleet_new(&(struct fleet_options){.server = address_of(options.chat),
                                          .clients = (size_t)options.connections,
                                          .source_addresses = (size_t)options.sources,
                                          .token = token_of,
                                          .on_text = ignore,
                                          .context = accounts});
    struct memory before = memory_now();
    double cpu_s = process_cpu_s(options.pid);
    int64_t start_us = clock_mono_us();
    fleet_sign_in(fleet);
    double elapsed_s = (double)(clock_mono_us() - start_us) / US_PER_S;
    figure("sign_ins_per_s", (double)options.connections / elapsed_s);
    figure("server_cpu_us_per_sign_in",
           (process_cpu_s(options.pid) - cpu_s) * US_PER_S / (double)options.connections);
    settle(fleet);
    struct memory after = memory_now();
    report(&before, &after);
    fleet_free(fleet);
    accounts_free(accounts);
    return EXIT_SUCCESS;
}
