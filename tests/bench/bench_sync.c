/* A sync storm: the chat-server is killed with everybody connected, misses are stored meanwhile, and once somebody has
 * started it again all connect at once, each with a `sync` of what it missed. Until when is everybody back, with all
 * that was missed, and how are those meanwhile who were back first, and write to each other? Who starts it again, on
 * the same port, is the caller's business. A lost connection and a wrong or missing frame end the program; errors are
 * counted, and the sync is sent again. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "frames.h"
#include "meter.h"
#include "probe.h"
#include "stored.h"

#define ROOM_MEMBERS 10
#define PROBE_PAIRS 4
#define CALM_MS 2000
#define TURN_MS 10
#define STALLED_MS 30000
#define RETRY_US 5000
#define SHOWN 200 /* bytes of a frame that is wrong */

static struct {
    const char *api, *chat, *redis, *kill;
    long connections, missed, text, at_once, sources, rate, limit;
} options = {.connections = 18000,
             .missed = 5,
             .text = 200,
             .at_once = 18000,
             .sources = 8,
             .rate = 400,
             .limit = 300};

static struct meter meter;

struct room {
    struct conversation_id id;
    int64_t seq; /* the last */
};

struct member {
    int64_t next; /* the seq of the next frame that it misses */
    bool back;
};

struct run {
    struct addresses servers;
    struct accounts *accounts; /* the members, then the probes of before and those of after */
    struct fleet *fleet;
    struct pipeline *redis;
    struct room *rooms;
    struct member *members;
    struct probe *probe;
    size_t back_n;
    size_t errors;
    int64_t start_us;
    char epoch[STORED_EPOCH_MAX];
    struct buf frame;
    struct histogram back, calm, storm;
};

static size_t members_n(void)
{
    return (size_t)options.connections;
}

static struct room *room_of(const struct run *run, size_t client)
{
    return &run->rooms[client / ROOM_MEMBERS];
}

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return account_at(run->accounts, client)->token;
}

/* ---- what comes after `ready` ---- */

static void send_sync(void *context, size_t client)
{
    struct run *run = context;

    buf_clear(&run->frame);
    buf_printf(&run->frame,
               "{\"type\":\"sync\",\"id\":\"s\",\"epoch\":\"%s\",\"positions\":{\"%s\":%ld}}",
               run->epoch, room_of(run, client)->id.text, run->members[client].next - 1);
    fleet_send(run->fleet, client, buf_view(&run->frame));
}

static bool is_synced(const struct run *run, size_t client, str text)
{
    char end[STORED_EPOCH_MAX];
    int n =
        snprintf(end, sizeof end, "{\"recovered\":true,\"seq\":%ld}}}", room_of(run, client)->seq);

    return str_starts(text, STR("{\"type\":\"synced\"")) && text.n > (size_t)n &&
           memcmp(text.p + text.n - n, end, (size_t)n) == 0 &&
           run->members[client].next == room_of(run, client)->seq + 1;
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct member *member = &run->members[client];

    if (str_starts(text, STR("{\"type\":\"error\""))) {
        run->errors++;
        send_sync(run, client);
        return;
    }
    struct frame frame = frame_read(text);
    if (frame.kind == FRAME_MESSAGE && !member->back && frame.seq == member->next &&
        str_eq(frame.conversation, str_of(room_of(run, client)->id.text))) {
        member->next++;
    } else if (!member->back && is_synced(run, client, text)) {
        member->back = true;
        run->back_n++;
        histogram_add(&run->back, now_us - run->start_us);
    } else {
        die("client %zu waits for seq %ld of %ld, and got: %.*s", client, member->next,
            room_of(run, client)->seq, (int)(text.n < SHOWN ? text.n : SHOWN), text.p);
    }
}

/* ---- before ---- */

static void make_rooms(struct run *run)
{
    run->rooms = mem_zalloc((members_n() / ROOM_MEMBERS + 1) * sizeof *run->rooms);
    for (size_t first = 0; first < members_n(); first += ROOM_MEMBERS) {
        size_t rest = members_n() - first;
        run->rooms[first / ROOM_MEMBERS].id =
            accounts_make_room(run->accounts, first, rest < ROOM_MEMBERS ? rest : ROOM_MEMBERS);
    }
}

static struct fleet *fleet_of_members(struct run *run, bool missing)
{
    return fleet_new(&(struct fleet_options){.servers = run->servers,
                                             .clients = members_n(),
                                             .at_once = missing ? (size_t)options.at_once : 0,
                                             .source_addresses = (size_t)options.sources,
                                             .token = token_of,
                                             .on_open = missing ? send_sync : NULL,
                                             .on_text = on_text,
                                             .context = run});
}

static struct probe *start_probe(const struct run *run, size_t accounts)
{
    return probe_start(&(struct pairs_options){.servers = run->servers,
                                               .accounts = run->accounts,
                                               .first = accounts,
                                               .clients = 2 * PROBE_PAIRS,
                                               .text_n = (size_t)options.text,
                                               .rate = options.rate});
}

static void wait_for(struct run *run, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;
    while (clock_mono_ms() < end)
        fleet_turn(run->fleet, TURN_MS);
}

static void prepare(struct run *run)
{
    run->servers = addresses_of(options.chat);
    run->accounts = accounts_new(options.api, members_n() + 4 * PROBE_PAIRS);
    make_rooms(run);
    run->members = mem_zalloc(members_n() * sizeof *run->members);
    run->redis = pipeline_open(options.redis);
    stored_begin(run->redis);
    run->fleet = fleet_of_members(run, false);
    fleet_sign_in(run->fleet);
    stored_epoch(run->redis, run->epoch);
}

static void measure_calm(struct run *run)
{
    struct probe *probe = start_probe(run, members_n());

    wait_for(run, CALM_MS);
    probe_stop(probe, &run->calm);
}

/* ---- the storm ---- */

/* Until it is gone, it goes on accepting connections. */
static void kill_server(struct run *run)
{
    int64_t pid;

    if (!str_to_i64(str_of(options.kill), &pid) || pid <= 1)
        die("not a process: %s", options.kill);
    struct pollfd gone = {.fd = pidfd_open((pid_t)pid, 0), .events = POLLIN};
    if (gone.fd < 0 || kill((pid_t)pid, SIGKILL) < 0 || poll(&gone, 1, STALLED_MS) != 1)
        die("cannot kill %s", options.kill);
    (void)close(gone.fd);
    fleet_free(run->fleet);
    run->fleet = NULL;
}

static void store_missed(struct run *run)
{
    for (size_t i = 0; i < members_n(); i += ROOM_MEMBERS) {
        struct room *room = room_of(run, i);
        str user = str_of(account_at(run->accounts, i)->name);
        room->seq = stored_messages(run->redis, str_of(room->id.text), user, user, options.missed,
                                    (size_t)options.text);
    }
    for (size_t i = 0; i < members_n(); i++)
        run->members[i].next = room_of(run, i)->seq - options.missed + 1;
}

static bool is_ready(const struct sockaddr_in *address)
{
    static const char ASK[] = "GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n";
    static const char YES[] = "HTTP/1.1 200 ";
    char answer[sizeof YES - 1];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ready = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
                 send(fd, ASK, sizeof ASK - 1, MSG_NOSIGNAL) > 0 &&
                 recv(fd, answer, sizeof answer, MSG_WAITALL) == (ssize_t)sizeof answer &&
                 memcmp(answer, YES, sizeof answer) == 0;

    (void)close(fd);
    return ready;
}

static void await_server(const struct run *run)
{
    int64_t deadline = clock_mono_ms() + STALLED_MS;

    while (!is_ready(&run->servers.list[0])) {
        if (clock_mono_ms() > deadline)
            die("nobody has started the server again");
        (void)usleep(RETRY_US);
    }
}

static void storm(struct run *run)
{
    int64_t progress_ms = clock_mono_ms();
    size_t back_then = 0;

    run->fleet = fleet_of_members(run, true);
    run->start_us = clock_mono_us();
    fleet_sign_in(run->fleet);
    while (run->back_n < members_n()) {
        fleet_turn(run->fleet, TURN_MS);
        if (run->back_n > back_then) {
            back_then = run->back_n;
            progress_ms = clock_mono_ms();
        } else if (clock_mono_ms() - progress_ms > STALLED_MS) {
            die("%zu of %zu are back, and no more come", run->back_n, members_n());
        }
    }
}

static void measure(struct run *run)
{
    kill_server(run);
    store_missed(run);
    await_server(run);
    run->probe = start_probe(run, members_n() + 2 * PROBE_PAIRS);
    meter_start(&meter);
    storm(run);
    double elapsed_s = meter_stop(&meter, "sync", (double)options.connections);
    wait_for(run, 0);
    probe_stop(run->probe, &run->storm);
    figure("syncs_per_s", (double)options.connections / elapsed_s);
    figure("errors", (double)run->errors);
    figure_latency("back", &run->back);
    figure_latency("calm_delivery", &run->calm);
    figure_latency("storm_delivery", &run->storm);
    note("%zu connections are back, each with the %ld messages it missed", run->back_n,
         options.missed);
}

static void finish(struct run *run)
{
    fleet_free(run->fleet);
    accounts_free(run->accounts);
    pipeline_close(run->redis);
    buf_fini(&run->frame);
    free(run->members);
    free(run->rooms);
    free(run);
}

static void read_options(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server, also when started again"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--redis", NULL, &options.redis, "path of its socket, to store what is missed"},
        {"--kill", NULL, &options.kill, "process of the chat-server"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, whose CPU is counted"},
        {"--connections", &options.connections, NULL, "in all, each of its own user"},
        {"--missed", &options.missed, NULL, "messages by each"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--at-once", &options.at_once, NULL, "that come back at the same time"},
        {"--sources", &options.sources, NULL, "loopback addresses to connect from"},
        {"--rate", &options.rate, NULL, "messages a second of those who are back first"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.kill == NULL || options.connections < 1 || options.missed < 1 || options.rate < 1)
        die("--kill, --connections, --missed and --rate are needed");
    (void)alarm((unsigned)options.limit);
}

int main(int argc, char **argv)
{
    struct run *run = mem_zalloc(sizeof *run);

    read_options(argc, argv);
    prepare(run);
    measure_calm(run);
    measure(run);
    finish(run);
    return EXIT_SUCCESS;
}
