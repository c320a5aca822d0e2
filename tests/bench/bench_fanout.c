/* Fan-out: one room, N connections of N users, a few senders, K messages in flight in all. Counts deliveries and
 * proves that every connection got every message exactly once, in seq order, the same bytes everywhere. Against
 * floor_send (without --api) it measures the floor, with the same frames and the same checks. With --echo it
 * measures a server that passes on what it is sent, to the sender too: that stands for the ack, and the place of a
 * message in what a connection gets for its seq. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "frames.h"
#include "load.h"
#include "options.h"
#include "sequence.h"

#define BACKLOG_MAX 16384 /* messages that not everybody has yet */
#define SHARED_MAX 1024
#define FLOOR_ROOM "rfloorfloorfloorfloorfloo"

static struct {
    const char *api, *chat, *path, *until;
    long connections, senders, in_flight, text, seconds, warmup, drain, limit, echo;
} options = {.until = "acked",
             .connections = 1000,
             .senders = 4,
             .in_flight = 8,
             .text = 200,
             .seconds = 5,
             .warmup = 1,
             .drain = 20,
             .limit = 120};

static struct meter meter;

/* A message on its way. */
struct flight {
    int64_t number;
    int64_t sent_us;
    size_t sender; /* the client */
    size_t deliveries_left;
};

/* A frame as the first connection got it: the others must get these very bytes. */
struct shared {
    int64_t seq;
    int64_t number;
    struct buf text;
};

struct run {
    struct load load;
    struct addresses servers;
    struct accounts *accounts; /* NULL: the floor */
    struct conversation_id room;
    int64_t base;               /* the seq before the first message; -1 until that has come */
    struct sequence *sequences; /* one a connection */
    struct flight *flights;     /* by number modulo BACKLOG_MAX */
    struct shared *shared;      /* by seq modulo SHARED_MAX */
    bool
        until_delivered; /* a message is in flight until everybody has it, not just until its ack */
    struct buf frame;
};

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return run->accounts ? account_at(run->accounts, client)->token : NULL;
}

/* ---- messages in flight ---- */

static void send_from(struct run *run, size_t sender)
{
    int64_t number = run->load.sent++;
    struct flight *flight = &run->flights[number % BACKLOG_MAX];

    if (flight->deliveries_left > 0)
        die("%d messages were acked that not everybody has", BACKLOG_MAX);
    *flight = (struct flight){number, clock_mono_us(), sender, (size_t)options.connections - 1};
    if (options.echo)
        frame_message(&run->frame, number, str_of(run->room.text), (size_t)options.text);
    else
        frame_send(&run->frame, number, "conversation", str_of(run->room.text),
                   (size_t)options.text);
    fleet_send(run->load.fleet, sender, buf_view(&run->frame));
}

static struct flight *flight_of(struct run *run, int64_t number)
{
    struct flight *flight = &run->flights[number % BACKLOG_MAX];
    if (flight->number != number || flight->deliveries_left == 0)
        die("message %ld came once too often, or nobody has sent it", number);
    return flight;
}

static void landed(struct run *run, const struct flight *flight)
{
    if (run->load.sending)
        send_from(run, flight->sender);
}

static void check_sequence(struct run *run, size_t client, int64_t seq, bool ack)
{
    struct sequence *sequence = &run->sequences[client];

    if (run->base < 0)
        run->base = seq - 1; /* the first message is sent alone */
    if (sequence->next == 0)
        sequence_init(sequence, run->base + 1);
    enum sequence_fault fault = ack ? sequence_ack(sequence, seq) : sequence_message(sequence, seq);
    if (fault != SEQUENCE_FINE)
        die("connection %zu got seq %ld %s", client, seq, sequence_fault_name(fault));
}

/* By an ack, or by an echo. */
static void on_stored(struct run *run, size_t client, int64_t seq, int64_t number, int64_t now_us)
{
    const struct flight *flight = &run->flights[number % BACKLOG_MAX];

    if (flight->number != number || flight->sender != client)
        die("connection %zu got the ack of another's message", client);
    check_sequence(run, client, seq, !options.echo);
    load_acked(&run->load, now_us - flight->sent_us);
    if (!run->until_delivered)
        landed(run, flight);
}

static void on_delivery(struct run *run, size_t client, int64_t seq, int64_t number, int64_t now_us)
{
    if (options.echo && run->flights[number % BACKLOG_MAX].sender == client) {
        on_stored(run, client, seq, number, now_us);
        return;
    }
    struct flight *flight = flight_of(run, number);

    if (flight->sender == client)
        die("connection %zu got its own message", client);
    check_sequence(run, client, seq, false);
    load_delivered(&run->load, now_us - flight->sent_us);
    if (--flight->deliveries_left == 0 && run->until_delivered)
        landed(run, flight);
}

/* Nearly every frame is one that another connection got before; it is compared, not read again. */
static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct shared *known = &run->shared[run->sequences[client].next % SHARED_MAX];

    if (known->text.n > 0 && str_eq(text, buf_view(&known->text))) {
        on_delivery(run, client, known->seq, known->number, now_us);
        return;
    }
    struct frame frame = frame_read(text);
    if (frame.kind == FRAME_ACK) {
        on_stored(run, client, frame.seq, frame.number, now_us);
    } else if (frame.kind == FRAME_MESSAGE) {
        if (options.echo)
            frame.seq = run->sequences[client].next;
        known = &run->shared[frame.seq % SHARED_MAX];
        if (known->text.n > 0 && known->seq == frame.seq && !str_eq(text, buf_view(&known->text)))
            die("seq %ld differs between connections", frame.seq);
        known->seq = frame.seq;
        known->number = frame.number;
        buf_clear(&known->text);
        buf_add_str(&known->text, text);
        on_delivery(run, client, frame.seq, frame.number, now_us);
    }
}

/* ---- the run ---- */

/* Spread over the room, and over the servers, to which clients connect in turn. */
static size_t nth_sender(const struct run *run, long n)
{
    long stride = options.connections / options.senders;
    long servers = (long)run->servers.n;
    return (size_t)(n * stride + (servers <= stride ? n % servers : 0));
}

static void start_sending(struct run *run)
{
    run->load.sending = true;
    for (long i = 0; i < options.in_flight; i++)
        send_from(run, nth_sender(run, i % options.senders));
}

static void verify(const struct run *run)
{
    for (long i = 0; i < options.connections; i++)
        if (!sequence_is_whole(&run->sequences[i], run->base + run->load.sent))
            die("connection %ld has not got every message", i);
    note("%ld messages: each of %ld connections got every one, exactly once, in order",
         run->load.sent, options.connections);
}

static void read_options(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server; of several, with commas"},
        {"--api", NULL, &options.api, "http://address:port of the api-server; without: the floor"},
        {"--path", NULL, &options.path, "instead of /chat"},
        {"--echo", &options.echo, NULL, "1: everybody gets just what a sender sent"},
        {"--server-pids", NULL, &meter.server_pids, "servers whose CPU is counted, with commas"},
        {"--redis-pids", NULL, &meter.redis_pids, "the same of Redis"},
        {"--connections", &options.connections, NULL, "in the room"},
        {"--senders", &options.senders, NULL, "of them"},
        {"--in-flight", &options.in_flight, NULL, "messages, over all senders"},
        {"--until", NULL, &options.until, "in flight until acked | delivered (to everybody)"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--drain", &options.drain, NULL, "seconds for the last ones to arrive"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.senders < 1 || options.connections < options.senders || options.connections < 2)
        die("at least one sender, and one more connection");
    if (strcmp(options.until, "acked") != 0 && strcmp(options.until, "delivered") != 0)
        die("--until acked | delivered");
    (void)alarm((unsigned)options.limit);
}

static void prepare(struct run *run)
{
    size_t n = (size_t)options.connections;

    run->load.receivers = options.connections - 1;
    run->servers = addresses_of(options.chat);
    run->base = options.echo ? 0 : -1;
    run->until_delivered = strcmp(options.until, "delivered") == 0;
    run->sequences = mem_zalloc(n * sizeof *run->sequences);
    run->flights = mem_zalloc(BACKLOG_MAX * sizeof *run->flights);
    run->shared = mem_zalloc(SHARED_MAX * sizeof *run->shared);
    for (size_t i = 0; options.echo && i < n; i++)
        sequence_init(&run->sequences[i], 1);
    if (options.api) {
        run->accounts = accounts_new(options.api, n);
        run->room = accounts_make_room(run->accounts, 0, n);
    } else {
        run->room = (struct conversation_id){FLOOR_ROOM};
    }
    run->load.fleet = fleet_new(&(struct fleet_options){.servers = run->servers,
                                                        .path = options.path,
                                                        .silent = options.echo != 0,
                                                        .clients = n,
                                                        .token = token_of,
                                                        .on_text = on_text,
                                                        .context = run});
    fleet_sign_in(run->load.fleet);
}

static void finish(struct run *run)
{
    fleet_free(run->load.fleet);
    if (run->accounts)
        accounts_free(run->accounts);
    for (long i = 0; i < options.connections; i++)
        sequence_fini(&run->sequences[i]);
    for (int i = 0; i < SHARED_MAX; i++)
        buf_fini(&run->shared[i].text);
    buf_fini(&run->frame);
    free(run->shared);
    free(run->flights);
    free(run->sequences);
    free(run);
}

int main(int argc, char **argv)
{
    struct run *run = mem_zalloc(sizeof *run);

    read_options(argc, argv);
    prepare(run);
    send_from(run, 0);
    load_drain(&run->load, options.drain);
    start_sending(run);
    fleet_turn_for(run->load.fleet, options.warmup);
    load_measure(&run->load, &meter, options.seconds);
    run->load.sending = false;
    load_drain(&run->load, options.drain);
    verify(run);
    finish(run);
    return EXIT_SUCCESS;
}
