/* The floor of direct messages: what the same Redis reaches with the same script alone: append.lua, pipelined on a
 * few connections so that Redis never waits, over as many conversations and with messages as large as in
 * bench_direct. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "figures.h"
#include "options.h"
#include "process.h"
#include "store/conversation.h"
#include "store/keys.h"
#include "store/scripts.h"

#define US_PER_S 1e6
#define ID_PERIOD_MS INT64_C(86400000)
#define USER_A "bscript-a"
#define USER_B "bscript-b"
#define NODE "bench"

static struct {
    const char *redis, *pids;
    long conversations, connections, pipeline, text, seconds, warmup, limit;
} options = {.conversations = 500,
             .connections = 8,
             .pipeline = 16,
             .text = 200,
             .seconds = 5,
             .warmup = 1,
             .limit = 60};

struct run {
    redisContext **redis; /* options.connections of them */
    struct conversation_id *conversations;
    struct buf bytes;   /* a command in Redis's protocol */
    struct buf content; /* of every message */
    int64_t sent;
    int64_t stored;
};

static void give(struct run *run, redisContext *redis, const struct redis_command *command)
{
    buf_clear(&run->bytes);
    redis_command_format(command, false, &run->bytes);
    if (redisAppendFormattedCommand(redis, run->bytes.p, run->bytes.n) != REDIS_OK)
        die("redis: %s", redis->errstr);
}

static redisReply *take(redisContext *redis)
{
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
        die("redis: %s", redis->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        die("redis: %s", reply->str);
    return reply;
}

static void call(struct run *run, const struct redis_command *command)
{
    give(run, run->redis[0], command);
    freeReplyObject(take(run->redis[0]));
}

static void give_message(struct run *run, redisContext *redis)
{
    struct redis_command command;
    char id[24];
    int64_t number = run->sent++;
    const struct conversation_id *conversation =
        &run->conversations[number % options.conversations];
    struct message message = {.user =
                                  number / options.conversations % 2 ? STR(USER_A) : STR(USER_B),
                              .content = buf_view(&run->content),
                              .time_ms = clock_wall_ms()};

    (void)snprintf(id, sizeof id, "%ld", number);
    message.id = str_of(id);
    conversation_append(&command, str_of(conversation->text), &message, STR(NODE), ID_PERIOD_MS);
    give(run, redis, &command);
}

static void give_pipeline(struct run *run, redisContext *redis)
{
    int done = 0;
    for (long i = 0; i < options.pipeline; i++)
        give_message(run, redis);
    while (!done)
        if (redisBufferWrite(redis, &done) != REDIS_OK)
            die("redis: %s", redis->errstr);
}

static void take_pipeline(struct run *run, redisContext *redis)
{
    for (long i = 0; i < options.pipeline; i++) {
        redisReply *reply = take(redis);
        if (reply->type != REDIS_REPLY_INTEGER)
            die("a message was not stored");
        freeReplyObject(reply);
        run->stored++;
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

static void load_script(struct run *run, const struct redis_script *script)
{
    struct redis_command command;
    redis_command_init(&command, "SCRIPT");
    redis_add(&command, STR("LOAD"));
    redis_add(&command, script->text);
    call(run, &command);
}

/* As a chat-server leaves them: made, and with itself as the one server to tell. */
static void open_conversations(struct run *run)
{
    struct redis_command command;
    run->conversations = mem_zalloc((size_t)options.conversations * sizeof *run->conversations);
    for (long i = 0; i < options.conversations; i++) {
        run->conversations[i] = conversation_id_room();
        str id = str_of(run->conversations[i].text);
        conversation_open_direct(&command, id, STR(USER_A), STR(USER_B), clock_wall_ms());
        call(run, &command);
        redis_command_init(&command, "SADD");
        redis_add_key(&command, KEY_CONVERSATION, id, KEY_NODES);
        redis_add(&command, STR(NODE));
        call(run, &command);
    }
}

static void prepare(struct run *run)
{
    run->redis = mem_zalloc((size_t)options.connections * sizeof(redisContext *));
    for (long i = 0; i < options.connections; i++) {
        run->redis[i] = redisConnectUnix(options.redis ? options.redis : "");
        if (run->redis[i] == NULL || run->redis[i]->err)
            die("redis: %s", run->redis[i] ? run->redis[i]->errstr : "no memory");
    }
    buf_add_str(&run->content, STR(",\"text\":\""));
    memset(buf_reserve(&run->content, (size_t)options.text), 'x', (size_t)options.text);
    run->content.n += (size_t)options.text;
    buf_add_str(&run->content, STR("\"}"));
    load_script(run, &SCRIPT_append);
    load_script(run, &SCRIPT_direct_open);
    open_conversations(run);
    for (long i = 0; i < options.connections; i++)
        give_pipeline(run, run->redis[i]);
}

static void measure(struct run *run)
{
    int64_t stored = run->stored;
    double cpu_s = process_cpu_s(options.pids);
    int64_t start_us = clock_mono_us();

    run_for(run, options.seconds);
    double elapsed_s = (double)(clock_mono_us() - start_us) / US_PER_S;
    double messages = (double)(run->stored - stored);
    figure("messages_per_s", messages / elapsed_s);
    figure("redis_cpu_us_per_message", (process_cpu_s(options.pids) - cpu_s) * US_PER_S / messages);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--redis", NULL, &options.redis, "path of its socket"},
        {"--pids", NULL, &options.pids, "of Redis, whose CPU is counted"},
        {"--conversations", &options.conversations, NULL, "to write to, in turn"},
        {"--connections", &options.connections, NULL, "to Redis"},
        {"--pipeline", &options.pipeline, NULL, "messages in flight on each"},
        {"--text", &options.text, NULL, "bytes a message"},
        {"--warmup", &options.warmup, NULL, "seconds before counting"},
        {"--seconds", &options.seconds, NULL, "counted"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run run = {0};

    options_read(argc, argv, rows);
    if (options.connections < 1 || options.pipeline < 1 || options.conversations < 1)
        die("--connections, --pipeline and --conversations are at least 1");
    (void)alarm((unsigned)options.limit);
    prepare(&run);
    run_for(&run, options.warmup);
    measure(&run);
    for (long i = 0; i < options.connections; i++)
        redisFree(run.redis[i]);
    free(run.redis);
    buf_fini(&run.content);
    buf_fini(&run.bytes);
    free(run.conversations);
    return EXIT_SUCCESS;
}
