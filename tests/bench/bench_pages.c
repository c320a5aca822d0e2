/* History pages over the WebSocket: each client reads the conversation it has with a partner, page by page from the
 * end to the beginning and again, one page in flight. Counts pages, and checks that each has the frames that it
 * should. bench_redis_script --script page is the floor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "fleet.h"
#include "meter.h"
#include "options.h"
#include "stored.h"

#define MS_PER_S 1000
#define TURN_MS 10
#define SHOWN 200 /* bytes of a frame that is wrong */
#define SEQ_TEXT 32

static struct {
    const char *api, *chat, *redis;
    long clients, messages, page, text, seconds, warmup, limit;
} options = {.clients = 50,
             .messages = 1200,
             .page = 50,
             .text = 200,
             .seconds = 5,
             .warmup = 1,
             .limit = 120};

static struct meter meter;

struct reader {
    struct conversation_id conversation;
    int64_t before; /* of the page in flight */
    int64_t asked_us;
};

struct run {
    struct fleet *fleet;
    struct accounts *accounts; /* reader 0, its partner, reader 1, … */
    struct reader *readers;
    struct buf frame;
    struct histogram page;
    int64_t pages;
    bool reading;
    bool measuring;
};

static const struct account *account_of(const struct run *run, size_t client)
{
    return account_at(run->accounts, 2 * client);
}

static const char *token_of(void *context, size_t client)
{
    return account_of(context, client)->token;
}

static void ask(struct run *run, size_t client)
{
    struct reader *reader = &run->readers[client];

    buf_clear(&run->frame);
    buf_printf(&run->frame,
               "{\"type\":\"history\",\"id\":\"%ld\",\"conversation\":\"%s\",\"before\":%ld,"
               "\"limit\":%ld}",
               reader->before, reader->conversation.text, reader->before, options.page);
    reader->asked_us = clock_mono_us();
    fleet_send(run->fleet, client, buf_view(&run->frame));
}

static size_t count_of(str text, str word)
{
    size_t n = 0;
    const char *end = text.p + text.n;
    const char *at = text.p;

    while ((at = memmem(at, (size_t)(end - at), word.p, word.n)) != NULL) {
        at += word.n;
        n++;
    }
    return n;
}

static bool has_seq(str text, int64_t seq)
{
    char word[SEQ_TEXT];
    int n = snprintf(word, sizeof word, "\"seq\":%ld,", seq);
    return memmem(text.p, text.n, word, (size_t)n) != NULL;
}

static void check(const struct reader *reader, str text)
{
    int64_t first = reader->before > options.page ? reader->before - options.page : 1;

    if (!str_starts(text, STR("{\"type\":\"history\"")) ||
        count_of(text, STR("{\"type\":\"message\"")) != (size_t)(reader->before - first) ||
        !has_seq(text, first) || !has_seq(text, reader->before - 1))
        die("not the page before %ld: %.*s", reader->before, (int)(text.n < SHOWN ? text.n : SHOWN),
            text.p);
}

static void on_text(void *context, size_t client, str text, int64_t now_us)
{
    struct run *run = context;
    struct reader *reader = &run->readers[client];

    check(reader, text);
    run->pages++;
    if (run->measuring)
        histogram_add(&run->page, now_us - reader->asked_us);
    reader->before -= options.page;
    if (reader->before <= 1)
        reader->before = options.messages + 1;
    if (run->reading)
        ask(run, client);
}

/* ---- the run ---- */

static void fill(struct run *run)
{
    struct pipeline *redis = pipeline_open(options.redis);

    stored_begin(redis);
    for (size_t i = 0; i < (size_t)options.clients; i++) {
        str user = str_of(account_of(run, i)->name);
        str peer = str_of(account_at(run->accounts, 2 * i + 1)->name);
        run->readers[i].conversation = stored_direct(redis, user, peer);
        run->readers[i].before = options.messages + 1;
        (void)stored_messages(redis, str_of(run->readers[i].conversation.text), user, peer,
                              options.messages, (size_t)options.text);
    }
    pipeline_settle(redis);
    pipeline_close(redis);
}

static void prepare(struct run *run)
{
    size_t n = (size_t)options.clients;

    run->readers = mem_zalloc(n * sizeof *run->readers);
    run->accounts = accounts_new(options.api, 2 * n);
    fill(run);
    run->fleet = fleet_new(&(struct fleet_options){.servers = addresses_of(options.chat),
                                                   .clients = n,
                                                   .token = token_of,
                                                   .on_text = on_text,
                                                   .context = run});
    fleet_sign_in(run->fleet);
    run->reading = true;
    for (size_t i = 0; i < n; i++)
        ask(run, i);
}

static void turn_for(struct run *run, long seconds)
{
    int64_t end = clock_mono_ms() + seconds * MS_PER_S;
    while (clock_mono_ms() < end)
        fleet_turn(run->fleet, TURN_MS);
}

static void measure(struct run *run)
{
    int64_t before = run->pages;

    meter_start(&meter);
    run->measuring = true;
    turn_for(run, options.seconds);
    run->measuring = false;
    double pages = (double)(run->pages - before);
    figure("pages_per_s", pages / meter_stop(&meter, "page", pages));
    figure_latency("page", &run->page);
}

static void finish(struct run *run)
{
    fleet_free(run->fleet);
    accounts_free(run->accounts);
    buf_fini(&run->frame);
    free(run->readers);
    free(run);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--chat", NULL, &options.chat, "address:port of the chat-server"},
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--redis", NULL, &options.redis, "path of its socket, to fill the histories"},
        {"--server-pids", NULL, &meter.server_pids, "of the chat-server, whose CPU is counted"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, whose CPU is counted"},
        {"--clients", &options.clients, NULL, "who read"},
        {"--messages", &options.messages, NULL, "in the history of each"},
        {"--page", &options.page, NULL, "messages a page"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run *run = mem_zalloc(sizeof *run);

    options_read(argc, argv, rows);
    if (options.clients < 1 || options.messages < 1 || options.page < 1)
        die("--clients, --messages and --page are at least 1");
    (void)alarm((unsigned)options.limit);
    prepare(run);
    turn_for(run, options.warmup);
    measure(run);
    finish(run);
    return EXIT_SUCCESS;
}
