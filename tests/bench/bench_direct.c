/* Direct messages: N clients in pairs, a closed loop: each writes to its partner, waits for the ack that says the
 * message is stored, writes again. Counts acks, and proves that both ends of every conversation have seen all its
 * messages exactly once, in seq order. bench_redis_script is the floor. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accounts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "frames.h"
#include "options.h"
#include "process.h"
#include "sequence.h"

#define US_PER_S 1e6
#define DRAIN_MS 20000
#define TURN_MS 10

static struct {
    const char *api, *chat, *pids;
    long clients, text, seconds, warmup, limit;
} options = {.clients = 1000, .text = 200, .seconds = 5, .warmup = 1, .limit = 120};

struct writer {
    struct conversation_id conversation; /* "" before the first ack, which names it */
    struct sequence sequence;
    int64_t sent; /* also the number of the message in flight */
    int64_t acked;
    int64_t received;
    int64_t sent_us;
};

struct run {
    struct fleet *fleet;
    struct accounts *accounts;
    struct writer *writers;
    int64_t acked;
    int64_t received;
    bool sending;
    bool measuring;
    struct buf frame;
    struct histogram ack, delivery;
};

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return account_at(run->accounts, client)->token;
}

static size_t partner_of(size_t client)
{
    return client ^ 1;
}

static void send_from(struct run *run, size_t client)
{
    struct writer *writer = &run->writers[client];
    bool known = writer->conversation.text[0] != '\0';
    str target = str_of(known ? writer->conversation.text
                              : account_at(run->accounts, partner_of(client))->name);

    frame_send(&run->frame, ++writer->sent, known ? "conversation" : "to", target,
               (size_t)options.text);
    writer->sent_us = clock_mono_us();
    fleet_send(run->fleet, client, buf_view(&run->frame));
}

static void on_ack(struct run *run, size_t client, const struct frame *frame, int64_t now_us)
{
    struct writer *writer = &run->writers[client];

    if (frame->number != writer->sent || writer->acked == writer->sent)
        die("client %zu got an ack for message %ld instead of %ld", client, frame->number,
            writer->sent);
    memcpy(writer->conversation.text, frame->conversation.p, CONVERSATION_ID_LEN);
    writer->acked++;
    run->acked++;
    if (run->measuring)
        histogram_add(&run->ack, now_us - writer->sent_us);
    if (run->sending)
        send_from(run, client);
}

static void on_message(struct run *run, size_t client, const struct frame *frame, int64_t now_us)
{
    struct writer *sender = &run->writers[partner_of(client)];

    if (frame->number != ++run->writers[client].received)
        die("client %zu got message %ld instead of %ld", client, frame->number,
            run->writers[client].received);
    run->received++;
    if (run->measuring && frame->number == sender->sent)
        histogram_add(&run->delivery, now_us - sender->sent_us);
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct frame frame = frame_read(text);
    enum sequence_fault fault = SEQUENCE_FINE;

    if (frame.kind == FRAME_ACK) {
        fault = sequence_ack(&run->writers[client].sequence, frame.seq);
        on_ack(run, client, &frame, now_us);
    } else if (frame.kind == FRAME_MESSAGE) {
        fault = sequence_message(&run->writers[client].sequence, frame.seq);
        on_message(run, client, &frame, now_us);
    }
    if (fault != SEQUENCE_FINE)
        die("client %zu got seq %ld %s", client, frame.seq, sequence_fault_name(fault));
}

/* ---- the run ---- */

static void turn_for(struct run *run, long seconds)
{
    int64_t end = clock_mono_ms() + seconds * 1000;
    while (clock_mono_ms() < end)
        fleet_turn(run->fleet, TURN_MS);
}

static int64_t all_sent(const struct run *run)
{
    int64_t sent = 0;
    for (long i = 0; i < options.clients; i++)
        sent += run->writers[i].sent;
    return sent;
}

static void drain(struct run *run)
{
    int64_t deadline = clock_mono_ms() + DRAIN_MS;
    int64_t sent = all_sent(run);

    run->sending = false;
    while (run->acked < sent || run->received < sent) {
        if (clock_mono_ms() > deadline)
            die("of %ld messages %ld were acked, %ld received", sent, run->acked, run->received);
        fleet_turn(run->fleet, TURN_MS);
    }
}

static void measure(struct run *run)
{
    int64_t acked = run->acked;
    double server_s = process_cpu_s(options.pids);
    double own_s = (double)clock() / CLOCKS_PER_SEC;
    int64_t start_us = clock_mono_us();

    run->measuring = true;
    turn_for(run, options.seconds);
    run->measuring = false;

    double elapsed_s = (double)(clock_mono_us() - start_us) / US_PER_S;
    double acks = (double)(run->acked - acked);
    figure("acks_per_s", acks / elapsed_s);
    figure_latency("ack", &run->ack);
    figure_latency("delivery", &run->delivery);
    server_s = process_cpu_s(options.pids) - server_s;
    figure("server_cpu_us_per_message", acks > 0 ? server_s * US_PER_S / acks : 0);
    figure("server_cpu_percent", 100 * server_s / elapsed_s);
    figure("generator_cpu_percent", 100 * ((double)clock() / CLOCKS_PER_SEC - own_s) / elapsed_s);
}

static void verify(const struct run *run)
{
    for (size_t i = 0; i < (size_t)options.clients; i++) {
        int64_t total = run->writers[i].sent + run->writers[partner_of(i)].sent;
        if (!sequence_is_whole(&run->writers[i].sequence, total))
            die("client %zu has not seen seq 1 to %ld", i, total);
    }
    note("%ld messages in %ld conversations: both ends have all, exactly once, in order",
         run->acked, options.clients / 2);
}

static void prepare(struct run *run)
{
    size_t n = (size_t)options.clients;

    run->writers = mem_zalloc(n * sizeof *run->writers);
    for (size_t i = 0; i < n; i++)
        sequence_init(&run->writers[i].sequence, 1);
    run->accounts = accounts_new(options.api, n);
    run->fleet = fleet_new(&(struct fleet_options){.server = address_of(options.chat),
                                                   .clients = n,
                                                   .token = token_of,
                                                   .on_text = on_text,
                                                   .context = run});
    fleet_sign_in(run->fleet);
}

static void finish(struct run *run)
{
    fleet_free(run->fleet);
    accounts_free(run->accounts);
    for (long i = 0; i < options.clients; i++)
        sequence_fini(&run->writers[i].sequence);
    buf_fini(&run->frame);
    free(run->writers);
    free(run);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--pids", NULL, &options.pids, "processes whose CPU is counted, with commas"},
        {"--clients", &options.clients, NULL, "an even number"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run *run = mem_zalloc(sizeof *run);

    options_read(argc, argv, rows);
    if (options.clients < 2 || options.clients % 2 != 0)
        die("--clients: pairs need an even number");
    (void)alarm((unsigned)options.limit);
    prepare(run);
    run->sending = true;
    for (long i = 0; i < options.clients; i++)
        send_from(run, (size_t)i);
    turn_for(run, options.warmup);
    measure(run);
    drain(run);
    verify(run);
    finish(run);
    return EXIT_SUCCESS;
}
