/* What may go wrong when replies, bells, pings and the end of a server cross: each case brings
 * about one such order, mostly by holding back what Redis answers to a chat-server. */
#include <signal.h>
#include <sys/socket.h>

#include "redis_proxy.h"
#include "store/scripts.h"
#include "story.h"

enum { PLAIN, HELD, LIMITED }; /* chat-servers */

#define SEND_RATE 5
#define MANY 10000
#define MANY_BEGUN 64 /* at least so many are read before the server waits */
#define MANY_AT_ONCE 1024

static struct redis_proxy proxy;

/* A conversation's id for longer than fmt() keeps it. */
struct room_id {
    char text[32];
};

static struct room_id room_of(const struct user *owner)
{
    struct room_id id;

    (void)snprintf(id.text, sizeof id.text, "%s",
                   room_new(owner, "R", (const struct user *[]){NULL}));
    return id;
}

/* Somebody whose sign-in may be watched, with a room that others are in as well. */
struct room_story {
    struct user owner;
    struct user third;
    struct user victim;
    const char *room;
};

static struct room_story room_story_new(struct stack *s)
{
    struct room_story r = {user_new(s, "owner"), user_new(s, "third"), user_new(s, "victim"), NULL};

    r.room = room_new(&r.owner, "R", (const struct user *[]){&r.third, &r.victim, NULL});
    return r;
}

static struct ws *begin_sign_in(const struct user *u, int chat)
{
    return stack_socket(u->stack, chat, fmt("Authorization: Bearer %s\r\n", u->access));
}

static void remove_victim(const struct room_story *r, struct ws *witness)
{
    (void)user_expect(&r->owner, 204, "DELETE",
                      fmt("/api/conversations/%s/members/%s", r->room, r->victim.name), NULL);
    ws_expect(witness, "{'type':'member','action':'removed','user':'%s'}", r->victim.name);
}

static void say(struct ws *ws, const char *room, const char *id)
{
    ws_send(ws, "{'type':'send','id':'%s','conversation':'%s','text':'secret'}", id, room);
    ws_expect(ws, "{'type':'ack','id':'%s'}", id);
}

static void expect_ready_without(struct ws *ws, const char *room)
{
    json_t *ready = ws_expect_next(ws, "{'type':'ready'}");
    json_t *listed = match_find(ITEM_OF(ready, "conversations"), fmt("{'id':'%s'}", room));

    if (listed != NULL)
        fail_at(HERE, "still listed: %s", match_show(listed));
}

/* --- signing in ------------------------------------------------------------------------------ */

/* The removal comes between the view of the conversation and its reply. */
static void a_member_removed_while_signing_in_hears_nothing_more(void **state)
{
    struct room_story r = room_story_new(*state);
    struct ws *witness = chat_open(&r.third, HELD);

    redis_proxy_hold_at(&proxy, r.room);
    struct ws *victim = begin_sign_in(&r.victim, HELD);
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    remove_victim(&r, witness);
    redis_proxy_release(&proxy);
    expect_ready_without(victim, r.room);
    say(witness, r.room, "after");
    struct ws *elsewhere = chat_open(&r.owner, PLAIN);
    say(elsewhere, r.room, "after-too");
    ws_expect(witness, "{'type':'message','id':'after-too'}");
    ws_expect_none(victim, "{'type':'message'}");
}

/* The view came long before; others are still read. */
static void ready_does_not_show_what_came_after_a_removal(void **state)
{
    struct room_story r = room_story_new(*state);
    struct ws *witness = chat_open(&r.third, HELD);
    struct ws *owner = chat_open(&r.owner, PLAIN);
    const char *last = NULL;

    for (int i = 0; i < 70; i++) /* more than are asked for at once, oldest first */
        last = room_new(&r.victim, "own", (const struct user *[]){NULL});
    redis_proxy_hold_at(&proxy, last);
    struct ws *victim = begin_sign_in(&r.victim, HELD);
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    remove_victim(&r, witness);
    say(owner, r.room, "after");
    ws_expect(witness, "{'type':'message','id':'after'}");
    redis_proxy_release(&proxy);
    expect_ready_without(victim, r.room);
    ws_expect_none(victim, "{'conversation':'%s'}", r.room);
}

/* A server that has heard no bell for a while greets a device with less of a room than the user has read elsewhere, and
 * catches up before it knows what the user's view of that room is, whose other device is being told of it. */
struct greeting {
    struct user owner;
    struct room_id room;
    struct ws *writer;
    struct ws *first;  /* knows nothing of the room */
    struct ws *second; /* was greeted with seq 1 of 4 */
};

static struct greeting greet_with_less(struct stack *s)
{
    struct greeting g = {.owner = user_new(s, "owner")};
    struct user late = user_new(s, "late");
    json_t *ready;

    g.room = room_of(&g.owner);
    struct ws *witness = chat_open(&g.owner, HELD);
    g.first = chat_open(&late, HELD);
    g.writer = chat_open(&g.owner, PLAIN);
    redis_proxy_hold_bells(&proxy);
    (void)user_expect(&g.owner, 201, "PUT",
                      fmt("/api/conversations/%s/members/%s", g.room.text, late.name), NULL);
    say(g.writer, g.room.text, "m3");
    say(g.writer, g.room.text, "m4");
    struct ws *reader = chat_open(&late, PLAIN);
    ws_send(reader, "{'type':'read','conversation':'%s','seq':4}", g.room.text);
    ws_expect(reader, "{'type':'receipt','user':'%s','read':4}", late.name);

    redis_proxy_hold_at_nth(&proxy, g.room.text, 2); /* after the sign-in's own question */
    g.second = chat_open_ready(&late, HELD, &ready);
    assert_non_null(
        match_find(ITEM_OF(ready, "conversations"), fmt("{'id':'%s','seq':1}", g.room.text)));
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    redis_proxy_release_bells(&proxy);
    ws_expect(witness, "{'type':'message','id':'m4'}");
    return g;
}

static void expect_all_of_it(const struct greeting *g)
{
    for (int seq = 2; seq <= 4; seq++)
        ws_expect_next(g->second, "{'conversation':'%s','seq':%d}", g->room.text, seq);
    ws_expect_next(g->first, "{'type':'conversation','conversation':{'id':'%s','seq':4}}",
                   g->room.text);
    say(g->writer, g->room.text, "m5");
    ws_expect_next(g->first, "{'type':'message','id':'m5','seq':5}");
    ws_expect_next(g->second, "{'type':'message','id':'m5','seq':5}");
}

static void what_was_read_elsewhere_comes_to_a_device_that_was_greeted_with_less(void **state)
{
    struct greeting g = greet_with_less(*state);

    redis_proxy_release(&proxy);
    expect_all_of_it(&g);
}

static void so_it_does_when_the_connection_to_redis_is_lost_on_the_way(void **state)
{
    struct greeting g = greet_with_less(*state);

    redis_proxy_cut(&proxy, REDIS_PROXY_COMMANDS);
    redis_proxy_release(&proxy);
    expect_all_of_it(&g);
}

/* --- the log --------------------------------------------------------------------------------- */

static void a_late_log_page_is_no_lost_data(void **state)
{
    struct room_story r = room_story_new(*state);
    struct ws *owner = chat_open(&r.owner, PLAIN);
    json_t *ready;
    struct ws *third = chat_open_ready(&r.third, HELD, &ready);

    say(owner, r.room, "before");
    ws_expect(third, "{'type':'message','id':'before'}");
    redis_proxy_hold_at(&proxy, r.room);
    redis_proxy_cut(&proxy, REDIS_PROXY_SUBSCRIBERS); /* so that it reads the log anew */
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    for (int i = 0; i < 3; i++) {
        say(owner, r.room, fmt("later%d", i));
        ws_expect(third, "{'type':'message','id':'later%d'}", i);
    }
    redis_proxy_release(&proxy);
    say(third, r.room, "answer"); /* answered after all that was held */
    ws_expect(owner, "{'type':'message','id':'answer'}");
    ws_expect_none(third, "{'type':'message'}");
    json_t *again;
    (void)chat_open_ready(&r.victim, HELD, &again);
    assert_string_equal(TEXT_OF(again, "epoch"), TEXT_OF(ready, "epoch"));
}

/* --- clients that do not read ---------------------------------------------------------------- */

struct filled_room {
    struct user user;
    struct room_id id;
};

/* A page of its history is as large as a page may be. */
static struct filled_room filled_room_new(struct stack *s)
{
    struct filled_room r = {.user = user_new(s, "writer")};
    const char *text = fmt_repeat('x', 8000);

    r.id = room_of(&r.user);
    struct ws *ws = chat_open(&r.user, PLAIN);
    for (int i = 0; i < 70; i++)
        ws_send(ws, "{'type':'send','id':'m%d','conversation':'%s','text':'%s'}", i, r.id.text,
                text);
    for (int i = 0; i < 70; i++)
        ws_expect(ws, "{'type':'ack','id':'m%d'}", i);
    stack_hang_up(s, ws);
    return r;
}

static void ask_for_page(struct ws *ws, const struct filled_room *r, int i)
{
    ws_send(ws, "{'type':'history','id':'h%d','conversation':'%s','limit':200}", i, r->id.text);
}

static void ask_for_pages(struct ws *ws, const struct filled_room *r, int n)
{
    for (int i = 0; i < n; i++)
        ask_for_page(ws, r, i);
}

#define FRAMES_SENT "chatapp_ws_sent_frames_total"
#define BYTES_SENT "chatapp_ws_sent_bytes_total"
#define SLOW_CONSUMERS "chatapp_ws_slow_consumers_total"

/* Page after page without reading, until one is queued and no byte more is written: what the
 * kernel takes differs. Returns how many. */
static int ask_until_stuck(struct ws *ws, const struct filled_room *r, struct daemon *chat)
{
    for (int n = 0; n < 60; n++) {
        double frames = daemon_metric(chat, FRAMES_SENT);
        double bytes = daemon_metric(chat, BYTES_SENT);
        ask_for_page(ws, r, n);
        WAIT_UNTIL(daemon_metric(chat, FRAMES_SENT) > frames);
        if (daemon_metric(chat, BYTES_SENT) == bytes)
            return n + 1;
    }
    fail_at(HERE, "the server always finds somebody to read");
}

static void a_ping_does_not_split_a_frame(void **state)
{
    struct stack *s = *state;
    struct filled_room r = filled_room_new(s);
    struct ws *ws = chat_open(&r.user, PLAIN);
    int pages = ask_until_stuck(ws, &r, &s->chat[PLAIN]);
    double frames = daemon_metric(&s->chat[PLAIN], FRAMES_SENT);

    ws_core_send(&ws->core, WS_PING, STR("hello"));
    ws_send(ws, "{'type':'ping','id':'p'}"); /* once it is answered, the ping has been read */
    WAIT_UNTIL(daemon_metric(&s->chat[PLAIN], FRAMES_SENT) > frames);
    for (int i = 0; i < pages; i++)
        ws_expect_next(ws, "{'type':'history','id':'h%d','more':true}", i);
    ws_expect_next(ws, "{'type':'pong','id':'p'}");
    WAIT_UNTIL((ws_receive(ws, 10), ws->pongs == 1));
    assert_string_equal(ws->pong, "hello");
}

static void slow_consumers_are_told_4001_after_whole_frames(void **state)
{
    struct stack *s = *state;
    struct filled_room r = filled_room_new(s);
    struct ws *ws = chat_open(&r.user, PLAIN);
    double slow = daemon_metric(&s->chat[PLAIN], SLOW_CONSUMERS);

    ask_for_pages(ws, &r, 30);
    WAIT_UNTIL(daemon_metric(&s->chat[PLAIN], SLOW_CONSUMERS) > slow);
    ws_expect_close(ws, 4001); /* each frame before it was JSON, or this would have failed */
    assert_non_null(match_find(ws->queue, "{'type':'history','id':'h0'}"));
}

/* --- clients that want too much -------------------------------------------------------------- */

/* Reads what comes to the flooding client, and forgets it. */
static void pour_out(struct ws *flood)
{
    static char sink[1 << 20];

    ws_core_send_bytes(&flood->core, STR("")); /* writes what is left to write */
    while (recv(flood->core.fd, sink, sizeof sink, MSG_DONTWAIT) > 0)
        ;
}

static void one_clients_history_flood_leaves_others_alone(void **state)
{
    struct stack *s = *state;
    struct filled_room r = filled_room_new(s);
    struct user other = user_new(s, "other");
    struct room_id room = room_of(&other);
    struct ws *flood = chat_open(&r.user, PLAIN);
    struct ws *ws = chat_open(&other, PLAIN);

    ask_for_pages(flood, &r, 3000);
    for (int i = 0; i < 40; i++) {
        int64_t deadline = clock_mono_ms() + PATIENCE_MS;
        ws_send(ws, "{'type':'send','id':'m%d','conversation':'%s','text':'x'}", i, room.text);
        while (json_array_size(ws->queue) == 0 && clock_mono_ms() < deadline) {
            pour_out(flood);
            ws_receive(ws, 2);
        }
        ws_expect_next(ws, "{'type':'ack','id':'m%d'}", i);
    }
}

static int sends_that_are_acked(struct ws *ws, const char *room, int n)
{
    static int last;
    int acked = 0;

    for (int i = 0; i < n; i++) {
        last++;
        ws_send(ws, "{'type':'send','id':'m%d','conversation':'%s','text':'x'}", last, room);
        json_t *answer = ws_expect(ws, "{'id':'m%d'}", last);
        if (strcmp(TEXT_OF(answer, "type"), "ack") == 0)
            acked++;
        else
            EXPECT_JSON(answer, "{'type':'error','code':'rate_limited','retry':true}");
    }
    return acked;
}

static void sending_limits_survive_a_reconnect(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "eager");
    const char *room = room_new(&u, "R", (const struct user *[]){NULL});
    struct ws *ws = chat_open(&u, LIMITED);

    assert_in_range(sends_that_are_acked(ws, room, SEND_RATE + 2), SEND_RATE, SEND_RATE + 1);
    ws_close(ws);
    ws = chat_open(&u, LIMITED);
    assert_in_range(sends_that_are_acked(ws, room, SEND_RATE), 0, SEND_RATE - 1);
}

static long seq_stored(struct stack *s, const char *room)
{
    return atol(redis_text(&s->redis, "HGET c:{%s} seq", room));
}

/* While Redis is slow, a client that does not wait for its acks is not read from. */
static void ten_thousand_sends_in_one_go_are_acked_in_order(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "hasty");
    struct room_id room = room_of(&u);
    struct ws *ws = chat_open(&u, HELD);
    long first = seq_stored(s, room.text) + 1;

    redis_proxy_hold_at(&proxy, room.text);
    for (int i = 0; i < MANY; i++)
        ws_send(ws, "{'type':'send','id':'m%d','conversation':'%s','text':'x'}", i, room.text);
    WAIT_UNTIL((ws_receive(ws, 1), seq_stored(s, room.text) >= first + MANY_BEGUN - 1));
    ws_expect_nothing(ws, 300);
    assert_in_range(seq_stored(s, room.text), first, first + MANY_AT_ONCE);
    redis_proxy_release(&proxy);
    for (int i = 0; i < MANY; i++)
        ws_expect_next(ws, "{'type':'ack','id':'m%d','seq':%ld}", i, first + i);
}

/* While ann's first message to bob waits for their conversation, one of his has her in it already: what she sends then
 * must not overtake the first. */
static void a_first_message_is_not_overtaken(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct ws *a = chat_open(&ann, HELD);
    struct ws *b = chat_open(&bob, PLAIN);

    redis_proxy_hold_at(&proxy, direct_id(&ann, &bob));
    ws_send(b, "{'type':'send','id':'b','to':'%s','text':'x'}", ann.name);
    WAIT_UNTIL(redis_proxy_held(&proxy) >
               0); /* what ann's server asks for, now that she is added */
    size_t held = redis_proxy_held(&proxy);
    ws_send(a, "{'type':'send','id':'first','to':'%s','text':'x'}", bob.name);
    WAIT_UNTIL(redis_proxy_held(&proxy) > held);
    redis_proxy_hold_next_at(&proxy, SCRIPT_direct_open.sha1);
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    ws_expect(a, "{'type':'message','id':'b','seq':1}");
    ws_send(a, "{'type':'send','id':'then','to':'%s','text':'x'}", bob.name);
    ws_send(a, "{'type':'ping'}");
    ws_expect(a, "{'type':'pong'}"); /* so that was read */
    redis_proxy_release(&proxy);
    ws_expect(a, "{'type':'ack','id':'first','seq':2}");
    ws_expect(a, "{'type':'ack','id':'then','seq':3}");
}

/* --- the end --------------------------------------------------------------------------------- */

static void draining_answers_what_was_accepted(void **state)
{
    struct stack *s = *state;
    struct daemon *chat = &s->chat[HELD];
    struct room_story r = room_story_new(s);
    struct ws *busy = chat_open(&r.owner, HELD);
    struct ws *idle = chat_open(&r.third, HELD);

    redis_proxy_hold_at(&proxy, r.room);
    ws_send(busy, "{'type':'send','id':'last','conversation':'%s','text':'x'}", r.room);
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    process_signal(&chat->process, SIGTERM);
    ws_expect_close(idle, 1012);
    ws_expect_nothing(busy, 300);
    redis_proxy_release(&proxy);
    ws_expect(busy, "{'type':'ack','id':'last'}");
    ws_expect_close(busy, 1012);
    assert_int_equal(process_wait(&chat->process), 0);
    daemon_up(chat);
}

/* --- the handshake --------------------------------------------------------------------------- */

static void long_headers_are_not_missing_ones(void **state)
{
    struct stack *s = *state;
    struct user u = user_new(s, "ann");
    const char *host = fmt("%s.evil", fmt_repeat('a', 260));

    ws_expect_status(stack_socket(s, PLAIN, fmt("Origin: https://%s\r\n", host)), 403);
    ws_expect_status(
        stack_socket(s, PLAIN,
                     fmt("Origin: https://%s\r\nAuthorization: Bearer %s\r\n", host, u.access)),
        403);
    ws_expect_status(
        stack_socket(s, PLAIN, fmt("Authorization: Bearer %s\r\n", fmt_repeat('Z', 2100))), 401);
}

/* --------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct stack *s = stack_start((struct stack_options){.chat_servers = 1, .redis_tcp = true});

    redis_proxy_start(&proxy, &s->redis);
    stack_add_chat(s, proxy.url,
                   (const char *[]){"--redis-timeout-ms=60000", "--redis-in-flight-max=4096",
                                    "--drain-s=10", NULL});
    stack_add_chat(s, s->redis.url, (const char *[]){fmt("--rate-send=%d", SEND_RATE), NULL});
    *state = s;
    return 0;
}

/* The last one, as the proxy has to be there while the daemons end. */
static void the_proxy_ends_too(void **state)
{
    (void)state;
    redis_proxy_stop(&proxy);
}

/* Nothing that a failed case holds back is left to the next one. */
static int let_go(void **state)
{
    (void)state;
    redis_proxy_release(&proxy);
    redis_proxy_release_bells(&proxy);
    return 0;
}

#define HELD_CASE(function) cmocka_unit_test_teardown(function, let_go)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD_CASE(a_member_removed_while_signing_in_hears_nothing_more),
        HELD_CASE(ready_does_not_show_what_came_after_a_removal),
        HELD_CASE(what_was_read_elsewhere_comes_to_a_device_that_was_greeted_with_less),
        HELD_CASE(so_it_does_when_the_connection_to_redis_is_lost_on_the_way),
        HELD_CASE(a_late_log_page_is_no_lost_data),
        HELD_CASE(a_ping_does_not_split_a_frame),
        HELD_CASE(slow_consumers_are_told_4001_after_whole_frames),
        HELD_CASE(one_clients_history_flood_leaves_others_alone),
        HELD_CASE(sending_limits_survive_a_reconnect),
        HELD_CASE(long_headers_are_not_missing_ones),
        HELD_CASE(ten_thousand_sends_in_one_go_are_acked_in_order),
        HELD_CASE(a_first_message_is_not_overtaken),
        HELD_CASE(draining_answers_what_was_accepted),
        CASE(the_daemons_end_well),
        CASE(the_proxy_ends_too),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
