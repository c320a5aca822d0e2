/* `sync` beside other traffic: at the reader's pace, and nothing that is said meanwhile doubled or missed. One of the
 * chat-servers is held back by a proxy in front of its Redis. */
#include <sys/socket.h>

#include "redis_proxy.h"
#include "sync_scene.h"

enum { PLAIN, HELD, NARROW }; /* chat-servers */

#define BIG_TEXT 16384
#define BIG_MESSAGES                                                                               \
    400               /* 6.4 MiB: more than may wait for a connection, and than the kernel takes */
#define QUEUE_KIB 512 /* NARROW's; the others have 4 MiB */

static struct redis_proxy proxy;

/* --- a great deal ---------------------------------------------------------------------------- */

/* The kernel shall not take it all. */
static void keep_little(struct ws *ws)
{
    int bytes = 64 * 1024;

    assert_int_equal(setsockopt(ws->core.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
}

#define SLOW_CONSUMERS "chatapp_ws_slow_consumers_total"

struct progress {
    double frames; /* queued so far, in all */
    double bytes;  /* written */
};

static struct progress progress_of(struct daemon *chat)
{
    return (struct progress){daemon_metric(chat, "chatapp_ws_sent_frames_total"),
                             daemon_metric(chat, "chatapp_ws_sent_bytes_total")};
}

/* Until the server has written much, and does not get on. Returns how many bytes wait in it at least. */
static double wait_until_stuck(struct daemon *chat, struct progress before)
{
    struct progress now = before;
    int same = 0;

    WAIT_UNTIL(progress_of(chat).bytes > before.bytes + BIG_TEXT);
    while (same < 20) {
        struct progress then = now;
        now = progress_of(chat);
        same = now.bytes == then.bytes ? same + 1 : 0;
    }
    return (now.frames - before.frames) * BIG_TEXT - (now.bytes - before.bytes);
}

/* More than may be queued is sent at the reader's pace; what comes live meanwhile follows. */
static void more_than_the_queue_holds_comes_as_it_is_read(void **state)
{
    struct stack *s = *state;

    for (int chat = PLAIN; chat <= NARROW; chat += NARROW) {
        struct scene c = scene_new(s);
        write_long(&c, BIG_MESSAGES, BIG_TEXT);
        double slow = daemon_metric(&s->chat[chat], SLOW_CONSUMERS);
        struct ws *b = chat_open(&c.bob, chat);
        keep_little(b);
        struct progress before = progress_of(&s->chat[chat]);
        ask_after(&c, b, "s", 2);
        double waits = wait_until_stuck(&s->chat[chat], before);
        assert_true(waits < (chat == NARROW ? QUEUE_KIB : 4096) * 1024);
        int missed = c.seq;
        write_some(&c, 50); /* these wait */
        expect_frames(&c, b, 3, missed);
        expect_synced(&c, b, "s", "true", missed);
        expect_frames(&c, b, missed + 1, c.seq);
        ws_expect_none(b, "{}");
        assert_true(daemon_metric(&s->chat[chat], SLOW_CONSUMERS) == slow);
        stack_hang_up(s, b);
        stack_hang_up(s, c.a);
    }
}

/* What waits behind a sync that is not read is bounded as well. */
static void who_does_not_read_during_a_sync_is_closed(void **state)
{
    struct stack *s = *state;
    struct scene c = scene_new(s);

    write_long(&c, BIG_MESSAGES, BIG_TEXT);
    double slow = daemon_metric(&s->chat[NARROW], SLOW_CONSUMERS);
    struct ws *b = chat_open(&c.bob, NARROW);
    keep_little(b);
    struct progress before = progress_of(&s->chat[NARROW]);
    ask_after(&c, b, "s", 2);
    (void)wait_until_stuck(&s->chat[NARROW], before);
    write_long(&c, 100, BIG_TEXT);
    WAIT_UNTIL(daemon_metric(&s->chat[NARROW], SLOW_CONSUMERS) > slow);
    ws_expect_close(b, 4001); /* each frame before it was whole */
    assert_null(match_find(b->queue, "{'type':'synced'}"));
    for (size_t i = 0; i < json_array_size(b->queue); i++)
        assert_int_equal(INT_OF(json_array_get(b->queue, i), "seq"), 3 + (long long)i);
}

static int answers(const struct ws *ws)
{
    int n = 0;

    for (size_t i = 0; i < json_array_size(ws->queue); i++)
        n += json_object_get(json_array_get(ws->queue, i), "seq") == NULL;
    return n;
}

/* They are answered in turn, or refused in the words for that; never mixed. */
static void many_syncs_at_once_are_answered_in_turn(void **state)
{
    enum { SYNCS = 20 };
    struct scene c = scene_new(*state);
    bool refused[SYNCS] = {false};

    write_some(&c, SYNCS);
    struct ws *b = chat_open(&c.bob, PLAIN);
    for (int i = 0; i < SYNCS; i++)
        ask_after(&c, b, fmt("s%d", i), c.seq - i);
    WAIT_UNTIL((ws_receive(b, 10), answers(b) == SYNCS));
    for (int i = 2; i < SYNCS; i++) {
        refused[i] = match_find(b->queue, fmt("{'type':'error','id':'s%d'}", i)) != NULL;
        if (refused[i])
            ws_expect(b, "{'type':'error','id':'s%d','code':'rate_limited','retry':true}", i);
    }
    for (int i = 0; i < SYNCS; i++) {
        if (refused[i])
            continue;
        expect_frames(&c, b, c.seq - i + 1, c.seq);
        expect_synced(&c, b, fmt("s%d", i), "true", c.seq);
    }
    ws_expect_none(b, "{}");
}

/* --- live meanwhile -------------------------------------------------------------------------- */

/* The page has left Redis, and is held back. */
static void live_frames_wait_for_synced(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 6);
    int missed = c.seq;
    struct ws *b = chat_open(&c.bob, HELD);
    redis_proxy_hold_at(&proxy, c.room);
    ask_after(&c, b, "s", 4);
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    write_some(&c, 5);
    struct ws *other = chat_open(&c.bob, PLAIN); /* knows of them all: the bells have been rung */
    ws_send(other, "{'type':'read','conversation':'%s','seq':%d}", c.room, missed);
    ws_expect(c.a, "{'type':'receipt','read':%d}", missed);
    ws_expect_nothing(b, 300);
    redis_proxy_release(&proxy);
    expect_frames(&c, b, 5, missed);
    expect_synced(&c, b, "s", "true", missed);
    expect_frames(&c, b, missed + 1, c.seq);
    ws_expect_next(b, "{'type':'receipt','user':'%s','read':%d}", c.bob.name, missed);
}

static void what_came_since_ready_is_not_repeated(void **state)
{
    struct scene c = scene_new(*state);

    write_some(&c, 6);
    int missed = c.seq;
    struct ws *b = chat_open(&c.bob, PLAIN);
    write_some(&c, 3);
    expect_frames(&c, b, missed + 1, c.seq);
    ask_after(&c, b, "s", 4);
    expect_frames(&c, b, 5, missed);
    expect_synced(&c, b, "s", "true", c.seq);
    ws_expect_none(b, "{}");
}

/* Reconnecting again and again in the middle of traffic: with positions and sync alone everything is had once. */
static void reconnecting_in_the_middle_of_traffic(void **state)
{
    enum { ROUNDS = 20, EACH = 40 };
    struct scene c = scene_new(*state);
    int have = 2;
    int sent = 0;

    for (int round = 0; round < ROUNDS; round++) {
        struct ws *b = stack_socket(c.stack, round % 2, bearer(&c.bob));
        ask_after(&c, b, "s", have);
        for (int i = 0; i < EACH; i++, sent++)
            ws_send(c.a, "{'type':'send','id':'t%d','conversation':'%s','text':'x'}", sent, c.room);
        bool synced = false;
        while (!synced || have < 2 + sent) {
            json_t *frame = ws_take(b);
            const char *type = TEXT_OF(frame, "type");
            if (strcmp(type, "message") == 0)
                assert_int_equal(INT_OF(frame, "seq"), ++have);
            else if (strcmp(type, "synced") == 0)
                synced = true;
            else
                assert_string_equal(type, "ready");
            if (synced && round % 3 == 0)
                break; /* in the middle of it */
        }
        stack_hang_up(c.stack, b);
    }
}

/* --------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct stack *s = stack_start((struct stack_options){
        .chat_servers = 1, .redis_tcp = true, .chat_flags = {"--redis-timeout-ms=60000"}});

    redis_proxy_start(&proxy, &s->redis);
    stack_add_chat(s, proxy.url, (const char *[]){"--redis-timeout-ms=60000", NULL});
    stack_add_chat(
        s, s->redis.url,
        (const char *[]){fmt("--queue-max-kib=%d", QUEUE_KIB), "--redis-timeout-ms=60000", NULL});
    *state = s;
    return 0;
}

/* Nothing that a failed case holds back is left to the next one. */
static int let_go(void **state)
{
    redis_proxy_release(&proxy);
    stack_hang_up_all(*state);
    return 0;
}

static void the_proxy_ends_too(void **state)
{
    (void)state;
    redis_proxy_stop(&proxy);
}

#define SYNC_CASE(function) cmocka_unit_test_teardown(function, let_go)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYNC_CASE(more_than_the_queue_holds_comes_as_it_is_read),
        SYNC_CASE(who_does_not_read_during_a_sync_is_closed),
        SYNC_CASE(many_syncs_at_once_are_answered_in_turn),
        SYNC_CASE(live_frames_wait_for_synced),
        SYNC_CASE(what_came_since_ready_is_not_repeated),
        SYNC_CASE(reconnecting_in_the_middle_of_traffic),
        CASE(the_daemons_end_well),
        CASE(the_proxy_ends_too),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
