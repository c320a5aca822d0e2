/* Idle connections: how much memory of the chat-server each signed-in one costs, when its user is in one or two
 * rooms, and how much of the kernel's beside it. */
#include <stdlib.h>
#include <unistd.h>

#include "crowd.h"
#include "figures.h"
#include "process.h"

#define SETTLE_MS 3000
#define BYTES_PER_KIB 1024
#define ENDS 2 /* of a connection: both are on this machine */

static struct {
    const char *api, *chat, *pid;
    long connections, per_user, sources, limit;
} options = {.connections = 15000, .per_user = 10, .sources = 8, .limit = 300};

struct memory {
    struct process_memory server;
    double buffers_kib;
    double sockets_kib;
    double slab_kib;
};

static struct memory memory_now(void)
{
    return (struct memory){process_memory(options.pid), kernel_tcp_kib(), kernel_sockets_kib(),
                           kernel_slab_kib()};
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
    figure("kernel_socket_bytes_per_connection",
           bytes_each(before->sockets_kib, after->sockets_kib) / ENDS);
    figure("kernel_tcp_buffer_bytes_per_connection",
           bytes_each(before->buffers_kib, after->buffers_kib));
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
        {"--sources", &options.sources, NULL, "loopback addresses to connect from"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.pid == NULL || options.connections < 1 || options.per_user < 1)
        die("--pid, --connections and --per-user are needed");
    (void)alarm((unsigned)options.limit);

    struct addresses servers = addresses_of(options.chat);
    struct crowd *crowd = crowd_new(options.api, &servers, (size_t)options.connections,
                                    (size_t)options.per_user, (size_t)options.sources);
    struct memory before = memory_now();
    crowd_sign_in(crowd);
    crowd_wait(crowd, SETTLE_MS);
    struct memory after = memory_now();
    report(&before, &after);
    crowd_free(crowd);
    return EXIT_SUCCESS;
}
