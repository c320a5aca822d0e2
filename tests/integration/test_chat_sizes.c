/* The largest that there may be: a user in 5,000 conversations, a room of 10,000 members. Most people here exist in
 * Redis alone; the scripts that the daemons use put them there, a few hundred in one go. */
#include <signal.h>

#include "base/ids.h"
#include "names.h"
#include "redis/redis_pool.h"
#include "store/conversation.h"
#include "store/keys.h"
#include "story.h"

#define ROOMS 5000
#define LISTED 100
#define MEMBERS 10000
#define LONG_AGO INT64_C(1700000000000)
#define BATCH 500

struct big {
    struct stack *stack;
    struct user user; /* in all of them */
    struct conversation_id rooms[ROOMS];
    struct names numbers; /* room's id → index */
    int messages;         /* that each room has had so far */
    char last[20];        /* the id of the last one */
};

/* --- straight into Redis --------------------------------------------------------------------- */

static struct redis_command batch[BATCH];
static size_t batch_n;

static void run_batch(void)
{
    static struct redisReply *replies[BATCH];

    if (redis_pipeline(batch, batch_n, replies) != OK)
        fail_at(HERE, "Redis does not take it");
    for (size_t i = 0; i < batch_n; i++)
        reply_free(replies[i]);
    batch_n = 0;
}

static struct redis_command *next_in_batch(void)
{
    if (batch_n == BATCH)
        run_batch();
    return &batch[batch_n++];
}

/* As many as fmt() keeps are in a batch at once. */
static str ghost(int i)
{
    return str_of(fmt("ghost%d", i));
}

static void join(str user, str conversation)
{
    user_join_conversation(next_in_batch(), user, conversation, LONG_AGO);
}

static void make_rooms_of_two(struct big *big)
{
    for (int i = 0; i < ROOMS; i++) {
        big->rooms[i] = conversation_id_room();
        str id = str_of(big->rooms[i].text);
        conversation_create_room(next_in_batch(), id, STR("One of many"), ghost(i),
                                 str_of(big->user.name), LONG_AGO + i);
        join(str_of(big->user.name), id);
        assert_int_equal(names_number(&big->numbers, id.p), i);
    }
    run_batch();
}

/* One more message in each room, from the other one. */
static void write_to_all(struct big *big)
{
    (void)snprintf(big->last, sizeof big->last, "round%d", ++big->messages);
    for (int i = 0; i < ROOMS; i++) {
        struct message m = {ghost(i), str_of(big->last), STR(",\"text\":\"hi\"}"),
                            LONG_AGO + ROOMS + i};
        conversation_append(next_in_batch(), str_of(big->rooms[i].text), &m, STR(""), 3600000);
    }
    run_batch();
}

/* How many conversations still ring this chat-server. */
static int registered(struct stack *s, const char *node)
{
    return (int)redis_do(&s->redis, "EVAL %s 0 %s",
                         "local n = 0 for _, k in ipairs(redis.call('KEYS', 'c:{*}')) do"
                         " local nodes = redis.call('HGET', k, 'nodes') or ''"
                         " if string.find(nodes, ARGV[1], 1, true) then n = n + 1 end end return n",
                         node);
}

/* --- a user in thousands of conversations ---------------------------------------------------- */

static const char *bearer(const struct user *u)
{
    return fmt("Authorization: Bearer %s\r\n", u->access);
}

/* A message from each room, in any order of rooms, and nothing else. */
static void expect_one_of_each(struct big *big, struct ws *ws)
{
    static bool seen[ROOMS];

    memset(seen, 0, sizeof seen);
    for (int i = 0; i < ROOMS; i++) {
        const json_t *frame = ws_take(ws);
        int n = names_number(&big->numbers, TEXT_OF(frame, "conversation"));
        if (n >= ROOMS || seen[n] || strcmp(TEXT_OF(frame, "id"), big->last) != 0 ||
            INT_OF(frame, "seq") != 2 + big->messages)
            fail_at(HERE, "unexpected, or twice: %s", match_show(frame));
        seen[n] = true;
    }
    ws_expect_none(ws, "{}");
}

static void ready_lists_the_newest_hundred(void **state)
{
    struct big *big = *state;
    json_t *ready;

    for (int device = 0; device < 3; device++) { /* the second one finds the first one there */
        struct ws *ws = chat_open_ready(&big->user, device / 2, &ready);
        json_t *listed = ITEM_OF(ready, "conversations");
        EXPECT_JSON(ready, "{'more':true}");
        assert_int_equal(json_array_size(listed), LISTED);
        for (int i = 0; i < LISTED; i++)
            EXPECT_JSON(json_array_get(listed, (size_t)i),
                        "{'id':'%s','kind':'room','members_count':2,'seq':2,'read':2,'unread':0,"
                        "'last':{'seq':2,'time':%lld}}",
                        big->rooms[ROOMS - 1 - i].text, (long long)LONG_AGO + ROOMS - 1 - i);
        ws_expect_none(ws, "{}");
    }
}

static bool has_come(struct ws *ws)
{
    ws_receive(ws, 0);
    return json_array_size(ws->queue) > 0;
}

/* It takes a while, in which the loop goes on: first with Redis stopped, so that it is seen for sure. */
static void others_are_served_meanwhile(void **state)
{
    struct big *big = *state;
    struct stack *s = big->stack;
    struct user other = user_new(s, "other");
    struct ws *ws = chat_open(&other, 0);
    int64_t longest_us = 0;

    redis_server_pause(&s->redis);
    int64_t begun_us = clock_mono_us();
    struct ws *signing_in = stack_socket(s, 0, bearer(&big->user));
    ws_send(ws, "{'type':'ping','id':'first'}");
    ws_expect(ws, "{'type':'pong','id':'first'}");
    assert_false(has_come(signing_in));
    redis_server_go_on(&s->redis);
    while (!has_come(signing_in)) {
        int64_t sent_us = clock_mono_us();
        ws_send(ws, "{'type':'ping'}");
        ws_expect(ws, "{'type':'pong'}");
        int64_t took_us = clock_mono_us() - sent_us;
        longest_us = took_us > longest_us ? took_us : longest_us;
        if (ws_ended(signing_in))
            fail_at(HERE, "closed with %d", signing_in->core.close_code);
    }
    print_message("ready after %.1f ms; meanwhile another's ping took %.1f ms at most\n",
                  (double)(clock_mono_us() - begun_us) / 1e3, (double)longest_us / 1e3);
    ws_expect_next(signing_in, "{'type':'ready','more':true}");
}

static void what_is_not_listed_is_heard_all_the_same(void **state)
{
    struct big *big = *state;
    struct ws *devices[] = {chat_open(&big->user, 0), chat_open(&big->user, 0),
                            chat_open(&big->user, 1)};
    write_to_all(big);

    for (int i = 0; i < 3; i++)
        expect_one_of_each(big, devices[i]);
}

/* The servers sleep while it is written, so that no bell tells them. */
static void what_was_written_unheard_is_caught_up(void **state)
{
    struct big *big = *state;
    struct stack *s = big->stack;
    struct ws *devices[] = {chat_open(&big->user, 0), chat_open(&big->user, 0),
                            chat_open(&big->user, 1)};

    for (int i = 0; i < s->n_chat; i++)
        process_signal(&s->chat[i].process, SIGSTOP);
    redis_server_sync_always(&s->redis);
    redis_server_restart(&s->redis);
    WAIT_UNTIL(redis_ping() == OK); /* a new connection of ours, too */
    write_to_all(big);
    int64_t begun_us = clock_mono_us();
    for (int i = 0; i < s->n_chat; i++)
        process_signal(&s->chat[i].process, SIGCONT);
    for (int i = 0; i < 3; i++)
        expect_one_of_each(big, devices[i]);
    print_message("caught up after %.1f ms\n", (double)(clock_mono_us() - begun_us) / 1e3);
}

#define HEAVY_ROOMS 60
#define HEAVY_BYTES ((size_t)16 * 1024) /* of text, and of data */
#define READY_BYTES ((size_t)600 * 1024)

/* Few conversations, with long messages. */
static void ready_is_bounded_in_bytes_too(void **state)
{
    struct stack *s = ((struct big *)*state)->stack;
    struct user u = user_new(s, "heavy");
    const char *filler = fmt_repeat('x', HEAVY_BYTES - 8);
    const char *content = fmt(",\"text\":\"%s\",\"data\":{\"x\":\"%s\"}}", filler, filler);
    struct conversation_id rooms[HEAVY_ROOMS];

    for (int i = 0; i < HEAVY_ROOMS; i++) {
        rooms[i] = conversation_id_room();
        str id = str_of(rooms[i].text);
        struct message m = {ghost(i), STR("long"), str_of(content), LONG_AGO + HEAVY_ROOMS + i};
        conversation_create_room(next_in_batch(), id, STR("Heavy"), m.user, str_of(u.name),
                                 LONG_AGO);
        join(str_of(u.name), id);
        conversation_append(next_in_batch(), id, &m, STR(""), 3600000);
    }
    run_batch();
    json_t *ready;
    struct ws *ws = chat_open_ready(&u, 0, &ready);
    size_t listed = json_array_size(ITEM_OF(ready, "conversations"));
    EXPECT_JSON(ready, "{'more':true}");
    assert_in_range(listed, 1, HEAVY_ROOMS - 1);
    assert_in_range(json_dumpb(ready, NULL, 0, JSON_COMPACT), HEAVY_BYTES, READY_BYTES);
    struct message last = {ghost(0), STR("heard"), STR(",\"text\":\"hi\"}"), LONG_AGO + 1000};
    conversation_append(next_in_batch(), str_of(rooms[0].text), &last, STR(""), 3600000);
    run_batch();
    ws_expect_next(ws, "{'type':'message','conversation':'%s','id':'heard'}", rooms[0].text);
}

/* More goodbyes to Redis than may be on their way at once: they wait, and nobody else's message is refused. */
static void leaving_them_disturbs_nobody(void **state)
{
    struct big *big = *state;
    struct stack *s = big->stack;
    struct user other = user_new(s, "other");
    const char *room = room_new(&other, "Mine", (const struct user *[]){NULL});
    struct daemon narrow;

    daemon_init(&narrow, "chat-server", "chat-server-narrow", &s->dir, s->redis.url,
                (const char *[]){"--redis-in-flight-max=4096", "--redis-timeout-ms=60000", NULL});
    daemon_up(&narrow);
    struct ws *leaving = ws_new(narrow.port, "/chat", bearer(&big->user));
    ws_expect(leaving, "{'type':'ready'}");
    struct ws *staying = ws_new(narrow.port, "/chat", bearer(&other));
    const char *node = fmt("%s", TEXT_OF(ws_expect(staying, "{'type':'ready'}"), "node"));
    assert_int_equal(registered(s, node), ROOMS + 1);
    ws_core_close(&leaving->core, 1000);
    for (int i = 0; i < 200; i++) {
        ws_receive(leaving, 1);
        ws_send(staying, "{'type':'send','id':'s%d','conversation':'%s','text':'x'}", i, room);
        ws_expect_next(staying, "{'type':'ack','id':'s%d'}", i);
    }
    int64_t deadline =
        clock_mono_ms() + 3 * PATIENCE_MS; /* what `ready` stood for is kept a while */
    while (registered(s, node) != 1) {
        if (clock_mono_ms() > deadline)
            fail_at(HERE, "%d conversations still ring", registered(s, node));
        ws_receive(staying, 250); /* to look is work for Redis, too */
    }
    ws_free(leaving);
    ws_free(staying);
    assert_int_equal(daemon_terminate(&narrow), 0);
    daemon_fini(&narrow);
}

/* --- a room of ten thousand ------------------------------------------------------------------ */

#define REAL 6 /* of them have accounts, and are here */

static const char *make_room_of(const struct user *real, int members)
{
    struct conversation_id id = conversation_id_room();
    struct buf names = {0};

    for (int i = 1; i < REAL; i++)
        buf_printf(&names, "%s ", real[i].name);
    for (int i = REAL; i < members; i++)
        buf_printf(&names, "ghost%d ", i);
    conversation_create_room(next_in_batch(), str_of(id.text), STR("Everybody"),
                             str_of(real[0].name), buf_view(&names), LONG_AGO);
    run_batch();
    buf_fini(&names);
    for (int i = 0; i < REAL; i++)
        join(str_of(real[i].name), str_of(id.text));
    run_batch();
    return fmt("%s", id.text);
}

static const char *member_path(const char *room, const struct user *u)
{
    return fmt("/api/conversations/%s/members/%s", room, u->name);
}

static void a_room_of_ten_thousand_is_like_any_other(void **state)
{
    struct stack *s = ((struct big *)*state)->stack;
    struct user u[REAL];
    struct ws *ws[REAL];
    json_t *ready;

    for (int i = 0; i < REAL; i++)
        u[i] = user_new(s, "real");
    const char *room = make_room_of(u, MEMBERS);
    for (int i = 0; i < REAL; i++) {
        ws[i] = chat_open_ready(&u[i], i % 2, &ready);
        EXPECT_JSON(ready, "{'conversations':[{'id':'%s','members_count':%d,'seq':%d,'unread':0}]}",
                    room, MEMBERS, MEMBERS);
    }
    for (int i = 0; i < REAL; i++)
        ws_send(ws[i], "{'type':'send','id':'m%d','conversation':'%s','text':'hi'}", i, room);
    for (int i = 0; i < REAL; i++)
        for (int seq = MEMBERS + 1; seq <= MEMBERS + REAL; seq++)
            ws_expect_next(ws[i], "{'conversation':'%s','seq':%d}", room, seq);
    ws_send(ws[1], "{'type':'read','conversation':'%s','seq':%d}", room, MEMBERS + REAL);
    for (int i = 0; i < REAL; i++)
        ws_expect_next(ws[i], "{'type':'receipt','user':'%s','read':%d}", u[1].name,
                       MEMBERS + REAL);

    (void)user_expect(&u[0], 204, "DELETE", member_path(room, &u[REAL - 1]), NULL);
    for (int i = 0; i < REAL; i++)
        ws_expect_next(ws[i], "{'type':'member','action':'removed','seq':%d}", MEMBERS + REAL + 1);
    ws_send(ws[1], "{'type':'send','id':'after','conversation':'%s','text':'hi'}", room);
    for (int i = 0; i < REAL - 1; i++)
        ws_expect_next(ws[i], "{'conversation':'%s','seq':%d}", room, MEMBERS + REAL + 2);
    ws_expect_nothing(ws[REAL - 1], 200);
}

static void more_than_ten_thousand_do_not_fit(void **state)
{
    struct stack *s = ((struct big *)*state)->stack;
    struct user u[REAL];

    for (int i = 0; i < REAL; i++)
        u[i] = user_new(s, "real");
    struct user last = user_new(s, "last");
    struct user late = user_new(s, "late");
    const char *room = make_room_of(u, MEMBERS - 1);
    (void)user_expect(&u[0], 201, "PUT", member_path(room, &last), NULL);
    (void)user_expect_problem(&u[0], 409, "room_full", "PUT", member_path(room, &late), NULL);
    json_t *details = user_expect(&last, 200, "GET", fmt("/api/conversations/%s", room), NULL);
    assert_int_equal(json_array_size(ITEM_OF(ITEM_OF(details, "conversation"), "members")),
                     MEMBERS);
}

/* --------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    static struct big big;
    struct redis_url url;
    const char *why;

    big.stack = stack_start((struct stack_options){
        .chat_servers = 2,
        .chat_flags = {"--redis-timeout-ms=60000", "--log-level=info"},
    });
    assert_int_equal(redis_url_parse(str_of(big.stack->redis.url), &url, &why), OK);
    redis_pool_open(&url, &(struct redis_pool_options){1, PATIENCE_MS});
    big.user = user_new(big.stack, "big");
    make_rooms_of_two(&big);
    *state = &big;
    return 0;
}

/* A case leaves no connections behind: they would hear what the next one writes. */
static int hang_up(void **state)
{
    stack_hang_up_all(((struct big *)*state)->stack);
    return 0;
}

static void all_ends_well(void **state)
{
    struct big *big = *state;

    redis_pool_close();
    names_fini(&big->numbers);
    stack_stop(big->stack);
}

#define BIG_CASE(function) cmocka_unit_test_teardown(function, hang_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BIG_CASE(ready_lists_the_newest_hundred),
        BIG_CASE(others_are_served_meanwhile),
        BIG_CASE(what_is_not_listed_is_heard_all_the_same),
        BIG_CASE(what_was_written_unheard_is_caught_up),
        BIG_CASE(ready_is_bounded_in_bytes_too),
        BIG_CASE(leaving_them_disturbs_nobody),
        BIG_CASE(a_room_of_ten_thousand_is_like_any_other),
        BIG_CASE(more_than_ten_thousand_do_not_fit),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
