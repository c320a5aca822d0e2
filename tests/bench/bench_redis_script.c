/* The floor of direct messages, and of history pages: what the same Redis reaches with the same script alone,
 * append.lua or page.lua, pipelined on a few connections so that Redis never waits, over as many conversations and
 * with messages as large as in bench_direct and bench_pages. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "meter.h"
#include "options.h"
#include "store/conversation.h"
#include "store/keys.h"
#include "store/scripts.h"
#include "stored.h"

#define USER_A "bscript-a"
#define USER_B "bscript-b"

static struct {
    const char *redis, *script;
    long conversations, messages, page, connections, pipeline, text, seconds, warmup, limit;
} options = {.script = "append",
             .conversations = 500,
             .messages = 1200,
             .page = 50,
             .connections = 8,
             .pipeline = 16,
             .text = 200,
             .seconds = 5,
             .warmup = 1,
             .limit = 60};

static struct meter meter;

struct run {
    struct pipeline **redis; /* options.connections of them */
    struct conversation_id *conversations;
    struct buf content; /* of every message */
    bool pages;
    int64_t given;
    int64_t taken;
};

/* Both users in turn write to a conversation. */
static void give_message(struct run *run, struct pipeline *redis, int64_t number)
{
    const struct conversation_id *to = &run->conversations[number % options.conversations];
    str user = number / options.conversations % 2 ? STR(USER_A) : STR(USER_B);
    stored_give(redis, str_of(to->text), user, number, buf_view(&run->content));
}

/* All pages of a conversation in turn, from its end to its beginning. */
static void give_page(struct run *run, struct pipeline *redis, int64_t number)
{
    const struct conversation_id *of = &run->conversations[number % options.conversations];
    int64_t pages = (options.messages + options.page - 1) / options.page;
    int64_t before = options.messages + 1 - number / options.conversations % pages * options.page;
    struct redis_command command;

    conversation_page_before(&command, str_of(of->text), STR(USER_A), before, options.page);
    pipeline_give(redis, &command);
}

static void give_pipeline(struct run *run, struct pipeline *redis)
{
    for (long i = 0; i < options.pipeline; i++) {
        if (run->pages)
            give_page(run, redis, run->given++);
        else
            give_message(run, redis, run->given++);
    }
    pipeline_flush(redis);
}

static void take_pipeline(struct run *run, struct pipeline *redis)
{
    for (long i = 0; i < options.pipeline; i++) {
        redisReply *reply = pipeline_take(redis);
        if (reply->type != (run->pages ? REDIS_REPLY_ARRAY : REDIS_REPLY_INTEGER))
            die("not the answer of %s.lua", options.script);
        freeReplyObject(reply);
        run->taken++;
    }
}

/* While the replies of one connection are read, Redis has the pipelines of the others. */
static void run_for(struct run *run, long seconds)
{
    int64_t end = clock_mono_ms() + seconds * 1000;
    while (clock_mono_ms() < end)
        for (long i = 0; i < options.connections; i++) {
            take_pipeline(run, run->redis[i]);
            give_pipeline(run, run->redis[i]);
        }
}

/* As a chat-server leaves them: with itself as the one server to tell. */
static void open_conversations(struct run *run)
{
    struct pipeline *redis = run->redis[0];
    struct redis_command command;

    run->conversations = mem_zalloc((size_t)options.conversations * sizeof *run->conversations);
    for (long i = 0; i < options.conversations; i++) {
        run->conversations[i] = conversation_id_room();
        str id = str_of(run->conversations[i].text);
        conversation_open_direct(&command, id, STR(USER_A), STR(USER_B), clock_wall_ms());
        pipeline_call(redis, &command);
        conversation_add_node(&command, id, STR(STORED_NODE));
        pipeline_call(redis, &command);
        if (run->pages)
            (void)stored_messages(redis, id, STR(USER_A), STR(USER_B), options.messages,
                                  (size_t)options.text);
    }
}

static void prepare(struct run *run)
{
    run->pages = strcmp(options.script, "page") == 0;
    run->redis = mem_zalloc((size_t)options.connections * sizeof *run->redis);
    for (long i = 0; i < options.connections; i++)
        run->redis[i] = pipeline_open(options.redis);
    stored_content(&run->content, (size_t)options.text);
    stored_begin(run->redis[0]);
    pipeline_load(run->redis[0], &SCRIPT_page);
    pipeline_load(run->redis[0], &SCRIPT_node_add);
    open_conversations(run);
    for (long i = 0; i < options.connections; i++)
        give_pipeline(run, run->redis[i]);
}

static void measure(struct run *run)
{
    int64_t before = run->taken;

    meter_start(&meter);
    run_for(run, options.seconds);
    double n = (double)(run->taken - before);
    double elapsed_s = meter_stop(&meter, run->pages ? "page" : "message", n);
    figure(run->pages ? "pages_per_s" : "messages_per_s", n / elapsed_s);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--redis", NULL, &options.redis, "path of its socket"},
        {"--redis-pids", NULL, &meter.redis_pids, "of Redis, whose CPU is counted"},
        {"--script", NULL, &options.script, "append | page"},
        {"--conversations", &options.conversations, NULL, "to write to, or read from, in turn"},
        {"--messages", &options.messages, NULL, "that each has, for pages"},
        {"--page", &options.page, NULL, "messages a page"},
        {"--connections", &options.connections, NULL, "to Redis"},
        {"--pipeline", &options.pipeline, NULL, "calls in flight on each"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run run = {0};

    options_read(argc, argv, rows);
    if (options.connections < 1 || options.pipeline < 1 || options.conversations < 1 ||
        options.messages < 1 || options.page < 1)
        die("--connections, --pipeline, --conversations, --messages and --page are at least 1");
    if (strcmp(options.script, "append") != 0 && strcmp(options.script, "page") != 0)
        die("--script append | page");
    (void)alarm((unsigned)options.limit);
    prepare(&run);
    run_for(&run, options.warmup);
    measure(&run);
    for (long i = 0; i < options.connections; i++)
        pipeline_close(run.redis[i]);
    free(run.redis);
    buf_fini(&run.content);
    free(run.conversations);
    return EXIT_SUCCESS;
}
