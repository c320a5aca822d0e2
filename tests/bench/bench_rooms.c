/* Many small rooms: in each, one message is in flight, and when it is acked another member writes. Counts messages
 * and deliveries, and proves that every member got every message of each of its rooms exactly once, in seq order.
 * Against floor_send with the same --rooms (without --api) it measures the floor. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "accounts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "frames.h"
#include "load.h"
#include "options.h"
#include "room_layout.h"
#include "sequence.h"

#define LATE_MAX 256 /* acked messages of a room that not all its members have */

static struct {
    const char *api, *chat;
    long clients, rooms, members, text, seconds, warmup, drain, limit;
} options = {.clients = 1000,
             .rooms = 500,
             .members = 5,
             .text = 200,
             .seconds = 5,
             .warmup = 1,
             .drain = 20,
             .limit = 120};

static struct meter meter;

struct room {
    struct conversation_id id;
    int64_t base;               /* the seq before the first message; -1 until that is known */
    struct sequence *sequences; /* one a member */
    int64_t sent;
    int64_t sent_us[LATE_MAX]; /* by message modulo LATE_MAX */
};

struct run {
    struct load load;
    struct accounts *accounts; /* NULL: the floor */
    struct room_layout layout;
    struct room *rooms;
    struct buf frame;
};

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return run->accounts ? account_at(run->accounts, client)->token : NULL;
}

/* ---- messages ---- */

static size_t writer_of(const struct run *run, size_t room, int64_t message)
{
    return room_first(&run->layout, room) + (size_t)message % run->layout.members;
}

static void send_in(struct run *run, size_t room_n)
{
    struct room *room = &run->rooms[room_n];
    int64_t message = room->sent++;

    run->load.sent++;
    room->sent_us[message % LATE_MAX] = clock_mono_us();
    frame_send(&run->frame, message * options.rooms + (int64_t)room_n, "conversation",
               str_of(room->id.text), (size_t)options.text);
    fleet_send(run->load.fleet, writer_of(run, room_n, message), buf_view(&run->frame));
}

static void check_sequence(struct run *run, struct room *room, size_t client,
                           const struct frame *frame)
{
    size_t member = client - room_first(&run->layout, (size_t)(room - run->rooms));

    if (member >= run->layout.members || !str_eq(frame->conversation, str_of(room->id.text)))
        die("client %zu got a message of another's room", client);
    if (room->base < 0)
        room->base = frame->seq - 1; /* the first message was alone */
    struct sequence *sequence = &room->sequences[member];
    if (sequence->next == 0)
        sequence_init(sequence, room->base + 1);
    enum sequence_fault fault = frame->kind == FRAME_ACK ? sequence_ack(sequence, frame->seq)
                                                         : sequence_message(sequence, frame->seq);
    if (fault != SEQUENCE_FINE)
        die("client %zu got seq %ld %s", client, frame->seq, sequence_fault_name(fault));
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct frame frame = frame_read(text);

    if (frame.kind == FRAME_OTHER)
        return;
    size_t room_n = (size_t)(frame.number % options.rooms);
    struct room *room = &run->rooms[room_n];
    int64_t message = frame.number / options.rooms;
    if (message >= room->sent || message + LATE_MAX < room->sent)
        die("message %ld of a room came when %ld had been sent", message, room->sent);
    bool own = writer_of(run, room_n, message) == client;
    if (own != (frame.kind == FRAME_ACK))
        die("client %zu got %s", client, own ? "its own message" : "the ack of another's");
    check_sequence(run, room, client, &frame);
    int64_t took_us = now_us - room->sent_us[message % LATE_MAX];
    if (!own) {
        load_delivered(&run->load, took_us);
        return;
    }
    load_acked(&run->load, took_us);
    if (run->load.sending)
        send_in(run, room_n);
}

/* ---- the run ---- */

static void verify(const struct run *run)
{
    for (size_t i = 0; i < run->layout.rooms; i++)
        for (size_t j = 0; j < run->layout.members; j++)
            if (!sequence_is_whole(&run->rooms[i].sequences[j],
                                   run->rooms[i].base + run->rooms[i].sent))
                die("member %zu of room %zu has not got every message", j, i);
    note("%ld messages in %zu rooms: each member got every one, exactly once, in order",
         run->load.sent, run->layout.rooms);
}

static void read_options(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server; of several, with commas"},
        {"--api", NULL, &options.api, "http://address:port of the api-server; without: the floor"},
        {"--server-pids", NULL, &meter.server_pids, "servers whose CPU is counted, with commas"},
        {"--redis-pids", NULL, &meter.redis_pids, "the same of Redis"},
        {"--clients", &options.clients, NULL, "in all"},
        {"--rooms", &options.rooms, NULL, "in all"},
        {"--members", &options.members, NULL, "of each room"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--drain", &options.drain, NULL, "seconds for the last ones to arrive"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.rooms < 1 || options.members < 2 || options.clients < options.members)
        die("at least one room, of two members, and a client for each of these");
    (void)alarm((unsigned)options.limit);
}

static void make_room(struct run *run, size_t room_n)
{
    struct room *room = &run->rooms[room_n];

    room->base = -1;
    room->sequences = mem_zalloc(run->layout.members * sizeof *room->sequences);
    if (run->accounts)
        room->id = accounts_make_room(run->accounts, room_first(&run->layout, room_n),
                                      run->layout.members);
    else
        (void)snprintf(room->id.text, sizeof room->id.text, "r%0*zu", CONVERSATION_ID_LEN - 1,
                       room_n);
}

static void prepare(struct run *run)
{
    run->layout = (struct room_layout){(size_t)options.clients, (size_t)options.rooms,
                                       (size_t)options.members};
    run->load.receivers = options.members - 1;
    if (options.api)
        run->accounts = accounts_new(options.api, run->layout.clients);
    run->rooms = mem_zalloc(run->layout.rooms * sizeof *run->rooms);
    for (size_t i = 0; i < run->layout.rooms; i++)
        make_room(run, i);
    run->load.fleet = fleet_new(&(struct fleet_options){.servers = addresses_of(options.chat),
                                                        .clients = run->layout.clients,
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
    for (size_t i = 0; i < run->layout.rooms; i++) {
        for (size_t j = 0; j < run->layout.members; j++)
            sequence_fini(&run->rooms[i].sequences[j]);
        free(run->rooms[i].sequences);
    }
    buf_fini(&run->frame);
    free(run->rooms);
    free(run);
}

int main(int argc, char **argv)
{
    struct run *run = mem_zalloc(sizeof *run);

    read_options(argc, argv);
    prepare(run);
    run->load.sending = true;
    for (size_t i = 0; i < run->layout.rooms; i++)
        send_in(run, i);
    fleet_turn_for(run->load.fleet, options.warmup);
    load_measure(&run->load, &meter, options.seconds);
    run->load.sending = false;
    load_drain(&run->load, options.drain);
    verify(run);
    finish(run);
    return EXIT_SUCCESS;
}
