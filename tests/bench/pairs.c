#include "pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "frames.h"
#include "sequence.h"

#define DRAIN_MS 20000
#define TURN_MS 1
#define WINDOW 64 /* messages of a client that were sent and are not at its partner's */
#define US_PER_S 1000000

struct writer {
    struct conversation_id conversation; /* "" before the first ack, which names it */
    struct sequence sequence;
    int64_t sent; /* also the number of the last message */
    int64_t acked;
    int64_t received; /* of the partner's */
    int64_t sent_us[WINDOW];
};

struct pairs {
    struct pairs_options options;
    struct fleet *fleet;
    struct writer *writers;
    struct pairs_tally tally;
    struct histogram *ack, *delivery;
    bool writing;
    size_t next; /* who writes next, when they write at a rate */
    struct buf frame;
};

static const struct account *account_of(const struct pairs *pairs, size_t client)
{
    return account_at(pairs->options.accounts, pairs->options.first + client);
}

static const char *token_of(void *context, size_t client)
{
    return account_of(context, client)->token;
}

static size_t partner_of(size_t client)
{
    return client ^ 1;
}

static void send_from(struct pairs *pairs, size_t client)
{
    struct writer *writer = &pairs->writers[client];
    bool known = writer->conversation.text[0] != '\0';
    str target =
        str_of(known ? writer->conversation.text : account_of(pairs, partner_of(client))->name);

    writer->sent++;
    pairs->tally.sent++;
    writer->sent_us[writer->sent % WINDOW] = clock_mono_us();
    frame_send(&pairs->frame, writer->sent, known ? "conversation" : "to", target,
               pairs->options.text_n);
    fleet_send(pairs->fleet, client, buf_view(&pairs->frame));
}

static void keep(struct histogram *histogram, const struct writer *writer, int64_t number,
                 int64_t now_us)
{
    if (histogram)
        histogram_add(histogram, now_us - writer->sent_us[number % WINDOW]);
}

static void on_ack(struct pairs *pairs, size_t client, const struct frame *frame, int64_t now_us)
{
    struct writer *writer = &pairs->writers[client];

    if (frame->number != ++writer->acked || writer->acked > writer->sent)
        die("client %zu got an ack for message %ld instead of %ld", client, frame->number,
            writer->acked);
    memcpy(writer->conversation.text, frame->conversation.p, CONVERSATION_ID_LEN);
    pairs->tally.acked++;
    keep(pairs->ack, writer, frame->number, now_us);
    if (pairs->writing && pairs->options.rate == 0)
        send_from(pairs, client);
}

static void on_message(struct pairs *pairs, size_t client, const struct frame *frame,
                       int64_t now_us)
{
    int64_t wanted = ++pairs->writers[client].received;

    if (frame->number != wanted)
        die("client %zu got message %ld instead of %ld", client, frame->number, wanted);
    pairs->tally.received++;
    keep(pairs->delivery, &pairs->writers[partner_of(client)], frame->number, now_us);
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct pairs *pairs = context;
    struct frame frame = frame_read(text);
    enum sequence_fault fault = SEQUENCE_FINE;

    if (frame.kind == FRAME_ACK) {
        fault = sequence_ack(&pairs->writers[client].sequence, frame.seq);
        on_ack(pairs, client, &frame, now_us);
    } else if (frame.kind == FRAME_MESSAGE) {
        fault = sequence_message(&pairs->writers[client].sequence, frame.seq);
        on_message(pairs, client, &frame, now_us);
    }
    if (fault != SEQUENCE_FINE)
        die("client %zu got seq %ld %s", client, frame.seq, sequence_fault_name(fault));
}

/* ---- writing ---- */

static bool may_write(const struct pairs *pairs, size_t client)
{
    const struct writer *writer = &pairs->writers[client];
    return writer->sent - pairs->writers[partner_of(client)].received < WINDOW &&
           writer->sent - writer->acked < WINDOW;
}

/* As many as are due, in turn; when one cannot keep up the others wait for it, and the rate is missed. */
static void write_due(struct pairs *pairs, int64_t due)
{
    while (pairs->tally.sent < due && may_write(pairs, pairs->next)) {
        send_from(pairs, pairs->next);
        pairs->next = (pairs->next + 1) % pairs->options.clients;
    }
}

void pairs_write(struct pairs *pairs, int64_t ms, struct histogram *ack, struct histogram *delivery)
{
    int64_t start_us = clock_mono_us();
    int64_t end_us = start_us + ms * 1000;
    int64_t before = pairs->tally.sent;

    pairs->ack = ack;
    pairs->delivery = delivery;
    for (size_t i = 0; !pairs->writing && pairs->options.rate == 0 && i < pairs->options.clients;
         i++)
        send_from(pairs, i);
    pairs->writing = true;
    for (int64_t now_us = start_us; now_us < end_us; now_us = clock_mono_us()) {
        if (pairs->options.rate > 0)
            write_due(pairs, before + (now_us - start_us) * pairs->options.rate / US_PER_S);
        fleet_turn(pairs->fleet, TURN_MS);
    }
    pairs->ack = pairs->delivery = NULL;
}

static void verify(const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->options.clients; i++) {
        int64_t sent = pairs->writers[i].sent + pairs->writers[partner_of(i)].sent;
        if (!sequence_is_whole(&pairs->writers[i].sequence, pairs->options.stored + sent))
            die("client %zu has not seen %ld messages after the first %ld", i, sent,
                pairs->options.stored);
    }
    note("%ld messages in %zu conversations: both ends have all, exactly once, in order",
         pairs->tally.acked, pairs->options.clients / 2);
}

void pairs_finish(struct pairs *pairs)
{
    int64_t deadline = clock_mono_ms() + DRAIN_MS;
    const struct pairs_tally *tally = &pairs->tally;

    pairs->writing = false;
    while (tally->acked < tally->sent || tally->received < tally->sent) {
        if (clock_mono_ms() > deadline)
            die("of %ld messages %ld were acked, %ld received", tally->sent, tally->acked,
                tally->received);
        fleet_turn(pairs->fleet, TURN_MS);
    }
    verify(pairs);
}

/* ---- life ---- */

struct pairs *pairs_new(const struct pairs_options *options)
{
    struct pairs *pairs = mem_zalloc(sizeof *pairs);

    if (options->clients < 2 || options->clients % 2 != 0)
        die("pairs need an even number of clients");
    pairs->options = *options;
    pairs->writers = mem_zalloc(options->clients * sizeof *pairs->writers);
    for (size_t i = 0; i < options->clients; i++)
        sequence_init(&pairs->writers[i].sequence, options->stored + 1);
    pairs->fleet = fleet_new(&(struct fleet_options){.servers = options->servers,
                                                     .clients = options->clients,
                                                     .source_addresses = options->source_addresses,
                                                     .token = token_of,
                                                     .on_text = on_text,
                                                     .context = pairs});
    return pairs;
}

void pairs_free(struct pairs *pairs)
{
    fleet_free(pairs->fleet);
    for (size_t i = 0; i < pairs->options.clients; i++)
        sequence_fini(&pairs->writers[i].sequence);
    buf_fini(&pairs->frame);
    free(pairs->writers);
    free(pairs);
}

void pairs_sign_in(struct pairs *pairs)
{
    fleet_sign_in(pairs->fleet);
}

struct pairs_tally pairs_tally(const struct pairs *pairs)
{
    return pairs->tally;
}
