/* Fills the histories of some rooms of one user, and says the token and the conversations with which wrk then reads
 * them. */
#include <stdlib.h>
#include <unistd.h>

#include "accounts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "frames.h"
#include "options.h"

#define MEMBERS 2
#define TURN_MS 10

static struct {
    const char *api, *chat;
    long rooms, messages, text, in_flight, limit;
} options = {.rooms = 1, .messages = 1200, .text = 200, .in_flight = 16, .limit = 60};

struct run {
    struct accounts *accounts;
    struct fleet *fleet;
    struct conversation_id *rooms;
    struct buf frame;
    int64_t sent;
    int64_t acked;
};

static const char *token_of(void *context, size_t client)
{
    const struct run *run = context;
    return account_at(run->accounts, client)->token;
}

static int64_t total(void)
{
    return options.rooms * options.messages;
}

static void send_next(struct run *run)
{
    int64_t number = run->sent++;
    str room = str_of(run->rooms[number % options.rooms].text);
    frame_send(&run->frame, number, "conversation", room, (size_t)options.text);
    fleet_send(run->fleet, 0, buf_view(&run->frame));
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    (void)client;
    (void)now_us;
    if (frame_read(text).kind != FRAME_ACK)
        return;
    run->acked++;
    if (run->sent < total())
        send_next(run);
}

static void fill(struct run *run)
{
    fleet_sign_in(run->fleet);
    for (long i = 0; i < options.in_flight && run->sent < total(); i++)
        send_next(run);
    while (run->acked < total())
        fleet_turn(run->fleet, TURN_MS);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--rooms", &options.rooms, NULL, "of the user"},
        {"--messages", &options.messages, NULL, "in each"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--in-flight", &options.in_flight, NULL, "messages"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run run = {0};

    options_read(argc, argv, rows);
    if (options.rooms < 1)
        die("--rooms: at least one");
    (void)alarm((unsigned)options.limit);
    run.accounts = accounts_new(options.api, MEMBERS);
    run.rooms = mem_zalloc((size_t)options.rooms * sizeof *run.rooms);
    for (long i = 0; i < options.rooms; i++)
        run.rooms[i] = accounts_make_room(run.accounts, 0, MEMBERS);
    run.fleet = fleet_new(&(struct fleet_options){.servers = addresses_of(options.chat),
                                                  .clients = 1,
                                                  .token = token_of,
                                                  .on_text = on_text,
                                                  .context = &run});
    fill(&run);
    figure_text("user", account_at(run.accounts, 0)->name);
    figure_text("token", account_at(run.accounts, 0)->token);
    for (long i = 0; i < options.rooms; i++)
        figure_text("conversation", run.rooms[i].text);
    fleet_free(run.fleet);
    accounts_free(run.accounts);
    buf_fini(&run.frame);
    free(run.rooms);
    return EXIT_SUCCESS;
}
