/* From a message to the push of a member whose devices stay silent, over real servers and a webhook: who gets one, who
 * does not, and what is decided again. Where a test says "in time", the notification-server is started afterwards, so that
 * no machine is too slow for it. */
#include "push_scene.h"

/* ---- who gets one */

static void who_is_away_gets_a_push(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    user_expect(&s.bob, 200, "PATCH", "/api/profile", "{'display_name':'Bob the Builder'}");
    start_with(&n, &s, NULL);
    open_with(bob, &s.ann, "are you there?");
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    const char *got = receiver_latest(&s.r);
    assert_non_null(strstr(got, "POST /ann HTTP/1.1"));
    assert_non_null(strstr(got, "\"Bob the Builder\""));
    assert_non_null(strstr(got, "\"are you there?\""));
    assert_non_null(strstr(got, fmt("\"conversation\":\"%s\"", s.direct.text)));
    assert_non_null(strstr(got, "\"unread\":1"));
    assert_non_null(strstr(got, fmt("\"from\":\"%s\"", s.bob.name)));
    wait_for_rest(&s, s.direct.text);
    assert_int_equal(receiver_requests(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

static void who_is_there_and_silent_gets_one_too(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *ann = chat_open(&s.ann, 1);
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    start(&n, &s);
    open_with(bob, &s.ann, "hi");
    (void)ws_expect(ann, "{'type':'message','text':'hi'}");
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    wait_soon(&s, s.direct.text);
    assert_int_equal(receiver_requests(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

/* `type`: what a device of Ann's says in time. */
static void in_time(const char *type)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *ann = chat_open(&s.ann, 1);
    struct ws *bob = chat_open(&s.bob, 0);

    open_with(bob, &s.ann, "hi");
    int64_t seq = say(bob, s.direct.text, "you");
    (void)ws_expect(ann, "{'type':'message','text':'you'}");
    ws_send(ann, "{'type':'%s','conversation':'%s','seq':%lld}", type, s.direct.text,
            (long long)seq);
    (void)ws_expect(bob, "{'type':'receipt','user':'%s'}", s.ann.name);
    start(&n, &s);
    wait_soon(&s, s.direct.text);
    assert_int_equal(receiver_requests(&s.r), 0);
    assert_true(daemon_metric(&n.daemon, "chatapp_push_looks_total") >= 1);
    notifier_stop(&n);
    end(&s);
}

static void who_receives_in_time_gets_none(void **state)
{
    (void)state;
    in_time("received");
}

static void who_reads_in_time_gets_none(void **state)
{
    (void)state;
    in_time("read");
}

static void half_of_them_received_is_not_enough(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *ann = chat_open(&s.ann, 1);
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    open_with(bob, &s.ann, "one");
    (void)say(bob, s.direct.text, "two");
    ws_send(ann, "{'type':'received','conversation':'%s','seq':1}", s.direct.text);
    (void)ws_expect(bob, "{'type':'receipt','user':'%s','received':1}", s.ann.name);
    start(&n, &s);
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    assert_non_null(strstr(receiver_latest(&s.r), "\"two\""));
    assert_non_null(strstr(receiver_latest(&s.r), "\"unread\":2"));
    wait_soon(&s, s.direct.text);
    assert_int_equal(receiver_requests(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

static void ten_at_once_make_one(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    open_with(bob, &s.ann, "1");
    for (int i = 2; i <= 10; i++)
        (void)say(bob, s.direct.text, fmt("%d", i));
    start(&n, &s);
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    assert_non_null(strstr(receiver_latest(&s.r), "\"10\""));
    assert_non_null(strstr(receiver_latest(&s.r), "\"unread\":10"));
    wait_for_rest(&s, s.direct.text);
    assert_int_equal(receiver_requests(&s.r), 1);
    /* and the next message another */
    (void)say(bob, s.direct.text, "11");
    WAIT_UNTIL(receiver_requests(&s.r) == 2);
    notifier_stop(&n);
    end(&s);
}

static void a_sender_gets_none(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);
    struct receiver bobs;

    (void)state;
    receiver_start(&bobs);
    (void)webhook_new(&s.bob, &bobs, "/bob");
    open_with(bob, &s.ann, "hi");
    open_with(bob, &s.bob, "a note to myself");
    start(&n, &s);
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    wait_soon(&s, s.direct.text);
    wait_soon(&s, direct_id(&s.bob, &s.bob));
    assert_int_equal(receiver_requests(&bobs), 0);
    notifier_stop(&n);
    receiver_stop(&bobs);
    end(&s);
}

static void a_room_tells_who_wrote(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct user cid = user_new(s.stack, "cid");
    open_room(&s, &cid);
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    start_with(&n, &s, (const char *[]){AT_ONCE, "--push-preview=false", NULL});
    (void)say(bob, s.room.text, "a secret");
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    assert_non_null(strstr(receiver_latest(&s.r), "\"Garden\""));
    assert_non_null(strstr(receiver_latest(&s.r), fmt("New message from %s", s.bob.name)));
    assert_null(strstr(receiver_latest(&s.r), "secret"));
    wait_soon(&s, s.room.text);
    assert_int_equal(
        (int)daemon_metric(&n.daemon, "chatapp_push_unwanted_total{reason=\"no_device\"}"),
        1); /* Cid */
    /* who comes and goes is no message */
    user_expect(&s.bob, 204, "DELETE",
                fmt("/api/conversations/%s/members/%s", s.room.text, cid.name), NULL);
    (void)redis_do(&s.stack->redis, "ZADD push:{due} 1 %s", s.room.text);
    wait_soon(&s, s.room.text);
    assert_int_equal(receiver_requests(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

#define CROWD 2000

/* Members without an account, which nothing here asks for: they are many. */
static void crowd_in(struct scene *s)
{
    struct redis_server *redis = &s->stack->redis;

    for (int i = 0; i < CROWD; i++) {
        (void)redis_do(redis, "HSET c:{%s}:members crowd%d member", s->room.text, i);
        (void)redis_do(redis, "HSET c:{%s} read:crowd%d 0", s->room.text, i);
    }
}

static void in_a_big_room_everybody_is_found(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct user cid = user_new(s.stack, "cid");
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    (void)webhook_new(&cid, &s.r, "/cid");
    open_room(&s, &cid);
    crowd_in(&s);
    (void)say(bob, s.room.text, "hello, all of you");
    start(&n, &s);
    WAIT_UNTIL(receiver_requests(&s.r) == 2);
    wait_soon(&s, s.room.text);
    assert_int_equal(receiver_delivered(&s.r), 2);
    assert_int_equal(
        (int)daemon_metric(&n.daemon, "chatapp_push_unwanted_total{reason=\"no_device\"}"), CROWD);
    assert_true(daemon_metric(&n.daemon, "chatapp_push_looks_total") >= 10);
    notifier_stop(&n);
    end(&s);
}

/* ---- who wants none */

static void who_has_muted_gets_none(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    open_with(bob, &s.ann, "psst");
    const char *path = fmt("/api/conversations/%s/mute", s.direct.text);
    user_expect(&s.ann, 204, "PUT", path, "{'until':9000000000000}");
    start(&n, &s);
    wait_for_rest(&s, s.direct.text);
    assert_int_equal(receiver_requests(&s.r), 0);
    assert_int_equal((int)daemon_metric(&n.daemon, "chatapp_push_unwanted_total{reason=\"muted\"}"),
                     1);
    /* what came meanwhile is not told afterwards, but what comes then */
    user_expect(&s.ann, 204, "PUT", path, "{'until':0}");
    (void)say(bob, s.direct.text, "hello");
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    notifier_stop(&n);
    end(&s);
}

static void a_block_keeps_pushes_away(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct user cid = user_new(s.stack, "cid");
    open_room(&s, &cid);
    struct ws *bob = chat_open(&s.bob, 0);
    struct ws *c = chat_open(&cid, 1);

    (void)state;
    open_with(bob, &s.ann, "one last word");
    user_expect(&s.ann, 201, "PUT", fmt("/api/blocks/%s", s.bob.name), NULL);
    (void)say(bob, s.room.text, "can you hear me?");
    start(&n, &s);
    wait_for_rest(&s, s.direct.text);
    wait_for_rest(&s, s.room.text);
    assert_int_equal(receiver_requests(&s.r), 0);
    assert_int_equal(
        (int)daemon_metric(&n.daemon, "chatapp_push_unwanted_total{reason=\"blocked\"}"), 2);
    notifier_stop(&n);
    /* but what another says is told, whoever speaks last */
    (void)say(c, s.room.text, "I can");
    (void)say(bob, s.room.text, "not you");
    start(&n, &s);
    WAIT_UNTIL(receiver_requests(&s.r) == 1);
    assert_non_null(strstr(receiver_latest(&s.r), "I can"));
    notifier_stop(&n);
    end(&s);
}

/* ---- decided again */

enum change { READS, RECEIVES, MUTES, BLOCKS, LEAVES };

/* The provider is down when the push is tried first; then Ann does that, and the provider is there again. */
static void decided_again(enum change change, const char *reason)
{
    struct scene s = begin();
    struct notifier n;
    open_room(&s, NULL);
    struct ws *ann = chat_open(&s.ann, 1);
    struct ws *bob = chat_open(&s.bob, 0);
    const char *path = fmt("/api/conversations/%s", s.room.text);

    receiver_answer(&s.r, 503, "");
    start_with(&n, &s, (const char *[]){AT_ONCE, "--retry-attempts=100", NULL});
    int64_t seq = say(bob, s.room.text, "now?");
    WAIT_UNTIL(receiver_requests(&s.r) >= 1);
    switch (change) {
    case READS:
        ws_send(ann, "{'type':'read','conversation':'%s','seq':%lld}", s.room.text, (long long)seq);
        break;
    case RECEIVES:
        ws_send(ann, "{'type':'received','conversation':'%s','seq':%lld}", s.room.text,
                (long long)seq);
        break;
    case MUTES:
        user_expect(&s.ann, 204, "PUT", fmt("%s/mute", path), "{'until':9000000000000}");
        break;
    case BLOCKS: user_expect(&s.ann, 201, "PUT", fmt("/api/blocks/%s", s.bob.name), NULL); break;
    case LEAVES:
        user_expect(&s.ann, 204, "DELETE", fmt("%s/members/%s", path, s.ann.name), NULL);
        break;
    }
    struct id id = push_id(&s, s.room.text, seq);
    WAIT_UNTIL(notification_is(&n, id.text, "suppressed"));
    EXPECT_JSON(notification(&n, id.text),
                "{'deliveries':[{'channel':'webhook','status':'suppressed','last_error':'%s'}]}",
                reason);
    assert_int_equal(receiver_delivered(&s.r), 0);
    notifier_stop(&n);
    end(&s);
}

static void what_was_read_meanwhile_is_withdrawn(void **state)
{
    (void)state;
    decided_again(READS, "read");
    decided_again(RECEIVES, "received");
}

static void what_is_not_wanted_any_more_is_withdrawn(void **state)
{
    (void)state;
    decided_again(MUTES, "muted");
    decided_again(BLOCKS, "blocked");
    decided_again(LEAVES, "left");
}

static void a_newer_one_takes_the_place_of_one_that_waits(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    receiver_answer(&s.r, 503, "");
    start_with(&n, &s, (const char *[]){AT_ONCE, "--retry-attempts=100", NULL});
    open_with(bob, &s.ann, "first");
    WAIT_UNTIL(receiver_requests(&s.r) >= 1);
    struct id first = push_id(&s, s.direct.text, 1);
    (void)say(bob, s.direct.text, "second");
    WAIT_UNTIL(notification_is(&n, first.text, "suppressed"));
    receiver_answer(&s.r, 204, "");
    WAIT_UNTIL(receiver_delivered(&s.r) == 1);
    assert_non_null(strstr(receiver_latest(&s.r), "\"second\""));
    wait_soon(&s, s.direct.text);
    assert_int_equal(receiver_delivered(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

STORY(start_stack, CASE(who_is_away_gets_a_push), CASE(who_is_there_and_silent_gets_one_too),
      CASE(who_receives_in_time_gets_none), CASE(who_reads_in_time_gets_none),
      CASE(half_of_them_received_is_not_enough), CASE(ten_at_once_make_one),
      CASE(a_sender_gets_none), CASE(a_room_tells_who_wrote),
      CASE(in_a_big_room_everybody_is_found), CASE(who_has_muted_gets_none),
      CASE(a_block_keeps_pushes_away), CASE(what_was_read_meanwhile_is_withdrawn),
      CASE(what_is_not_wanted_any_more_is_withdrawn),
      CASE(a_newer_one_takes_the_place_of_one_that_waits))
