/* Due marks and looks against a real Redis, asked as the daemons ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/ids.h"
#include "fmt.h"
#include "store/conversation.h"
#include "store/due.h"
#include "store/look.h"
#include "store/member.h"
#include "the_redis.h"
#include "wait.h"

#define DELAY INT64_C(3000)
#define LEASE INT64_C(10000)
#define ALL 100
#define PERIOD INT64_C(3600000)
#define NAMES_MAX 4096

static struct conversation_id conversation; /* of the test at hand */
static str id;

/* ---- asking */

static int64_t number(const struct redis_command *c)
{
    struct redisReply *reply = the_redis_call(c);
    int64_t n = reply_int(reply);

    reply_free(reply);
    return n;
}

static void run(const struct redis_command *c)
{
    reply_free(the_redis_call(c));
}

static int64_t redis_now(void)
{
    struct redis_command c;

    due_take(&c, DELAY, LEASE, 0);
    struct redisReply *reply = the_redis_call(&c);
    int64_t now = reply_int(reply_at(reply, 0));
    reply_free(reply);
    return now;
}

/* ---- marks */

static int64_t mark(int64_t arrive_ms)
{
    struct redis_command c;

    due_mark(&c, id, arrive_ms);
    return number(&c);
}

/* As if it had been marked so long ago, with nothing that may still arrive. */
static void mark_ago(int64_t ago_ms)
{
    (void)redis_do(&the_redis, "ZADD push:{due} %lld %s", (long long)(redis_now() - ago_ms),
                   conversation.text);
}

/* -1: it has none. */
static int64_t marked_at(void)
{
    const char *score = redis_text(&the_redis, "ZSCORE push:{due} %s", conversation.text);

    return score == NULL ? -1 : strtoll(score, NULL, 10);
}

/* How many were taken; *now_out: when. */
static size_t take(int64_t n, int64_t *now_out)
{
    struct redis_command c;
    struct due_taken taken;

    due_take(&c, DELAY, LEASE, n);
    struct redisReply *reply = the_redis_call(&c);
    assert_true(due_taken(reply, &taken));
    if (now_out != NULL)
        *now_out = taken.now_ms;
    for (size_t i = 0; i < taken.n; i++)
        assert_true(due_marked_ms(&taken, i) <= taken.now_ms - DELAY);
    reply_free(reply);
    return taken.n;
}

static int64_t release(int64_t taken_ms, int64_t next_ms)
{
    struct redis_command c;

    due_release(&c, id, taken_ms, next_ms, DELAY);
    return number(&c);
}

static void a_mark_waits_for_its_time(void **state)
{
    (void)state;
    assert_int_equal(mark(0), 1);
    assert_int_equal(mark(0), 0);
    assert_int_equal(take(ALL, NULL), 0);
    mark_ago(DELAY);
    assert_int_equal(take(ALL, NULL), 1);
}

static void a_mark_does_not_put_off_another(void **state)
{
    (void)state;
    mark_ago(DELAY);
    int64_t before = marked_at();
    assert_int_equal(mark(0), 0);
    assert_int_equal(marked_at(), before);
}

static void what_is_taken_comes_back_after_the_lease(void **state)
{
    int64_t now;

    (void)state;
    mark_ago(DELAY + 5);
    assert_int_equal(take(ALL, &now), 1);
    assert_int_equal(take(ALL, NULL), 0);
    assert_int_equal(marked_at() + DELAY, now + LEASE);
    struct redis_command c;
    due_hold(&c, id, now + 2 * LEASE - DELAY);
    run(&c);
    assert_int_equal(marked_at() + DELAY, now + 2 * LEASE);
    mark_ago(DELAY); /* its time has come */
    assert_int_equal(take(ALL, NULL), 1);
}

static void a_few_are_taken_at_a_time_oldest_first(void **state)
{
    struct redis_command c;
    struct due_taken taken;

    (void)state;
    for (int i = 0; i < 10; i++)
        (void)redis_do(&the_redis, "ZADD push:{due} %d c%d", 10 - i, i);
    due_take(&c, DELAY, LEASE, 4);
    struct redisReply *reply = the_redis_call(&c);
    assert_true(due_taken(reply, &taken));
    assert_int_equal(taken.n, 4);
    assert_int_equal(taken.more, 6);
    assert_true(str_eq(due_conversation(&taken, 0), STR("c9")));
    assert_int_equal(due_marked_ms(&taken, 0), 1);
    reply_free(reply);
}

static void it_is_forgotten_once_nothing_can_come(void **state)
{
    int64_t now;

    (void)state;
    mark_ago(DELAY);
    assert_int_equal(take(ALL, &now), 1);
    assert_int_equal(release(now, 0), 0);
    assert_int_equal(marked_at(), -1);
    assert_int_equal(redis_do(&the_redis, "EXISTS push:{due}:until"), 0);
}

static void while_messages_may_come_it_is_looked_at_again(void **state)
{
    int64_t now;

    (void)state;
    (void)mark(5000);
    mark_ago(DELAY);
    assert_int_equal(take(ALL, &now), 1);
    assert_int_equal(release(now, 0), 1);
    assert_int_equal(marked_at(), now); /* within the delay */
}

static void late_ones_have_one_look_at_the_end(void **state)
{
    int64_t now;

    (void)state;
    mark_ago(DELAY);
    assert_int_equal(take(ALL, &now), 1);
    /* nothing is sent any more, and what was may arrive until then */
    (void)redis_do(&the_redis, "HSET push:{due}:until %s %s", conversation.text,
                   fmt("%lld %lld", (long long)now, (long long)now + 5000));
    assert_int_equal(release(now, 0), 1);
    assert_int_equal(marked_at() + DELAY, now + 5000);
    /* at that look it is over */
    assert_int_equal(release(now + 5000, 0), 0);
}

static void a_mark_between_take_and_release_keeps_it(void **state)
{
    int64_t now;

    (void)state;
    mark_ago(DELAY);
    assert_int_equal(take(ALL, &now), 1);
    (void)mark(0);
    assert_int_equal(release(now, 0), 1);
    assert_int_equal(marked_at(), now);
}

static void what_waits_says_when(void **state)
{
    int64_t now;

    (void)state;
    mark_ago(DELAY);
    assert_int_equal(take(ALL, &now), 1);
    assert_int_equal(release(now, now - 100), 1);
    assert_int_equal(marked_at(), now - 100);
    assert_int_equal(redis_do(&the_redis, "ZCARD push:{due}"), 1);
    struct redis_command c;
    due_count(&c);
    assert_int_equal(number(&c), 1);
}

/* ---- looks */

static int64_t say_at(const char *user, const char *text, int64_t time_ms)
{
    static int last;
    const char *message_id = fmt("m%d", ++last);
    const char *content = fmt(",\"text\":\"%s\"}", text);
    struct message m = {str_of(user), str_of(message_id), str_of(content), time_ms};
    struct redis_command c;

    conversation_append(&c, id, &m, STR("here"), PERIOD);
    int64_t seq = number(&c);
    assert_true(seq > 0);
    return seq;
}

static int64_t say(const char *user, const char *text)
{
    return say_at(user, text, redis_now() - DELAY - 1000);
}

static void move(const char *user, bool read, int64_t seq)
{
    struct redis_command c;

    conversation_move_marker(&c, id, str_of(user), read, seq);
    run(&c);
}

static void room(const char *members)
{
    struct redis_command c;

    conversation_create_room(&c, id, STR("Garden"), STR("ann"), str_of(members), 1000);
    run(&c);
}

/* What a look found, over all pages. */
struct found {
    enum err err;
    size_t pages;
    int64_t seq;
    int64_t next_ms;
    int64_t muted;
    int64_t blocked;
    char names[NAMES_MAX]; /* "bob=2 cid=1": with what is unread, in no order */
    size_t n;
    char texts[256]; /* of the records, "hello|you" */
    bool direct;
    int64_t now_ms;
};

static void add_text(struct found *f, str record)
{
    static const char NAME[] = "\"text\":\"";
    const char *at = memmem(record.p, record.n, NAME, sizeof NAME - 1);
    size_t n = strlen(f->texts);

    assert_non_null(at);
    at += sizeof NAME - 1;
    (void)snprintf(f->texts + n, sizeof f->texts - n, "%s%.*s", n ? "|" : "",
                   (int)strcspn(at, "\""), at);
}

static void add_page(struct found *f, const struct look_page *page)
{
    f->pages++;
    f->direct = page->direct;
    f->next_ms = page->next_ms;
    f->muted += page->muted;
    f->blocked += page->blocked;
    f->now_ms = page->now_ms;
    if (page->n_members > 0)
        f->seq = page->seq;
    for (size_t i = 0; i < page->n_members; i++) {
        struct look_member m = look_member(page, i);
        size_t n = strlen(f->names);
        assert_true(m.seen < page->seq);
        (void)snprintf(f->names + n, sizeof f->names - n, "%s%.*s=%lld", n ? " " : "",
                       STR_ARG(m.user), (long long)m.unread);
        f->n++;
    }
    f->texts[0] = '\0';
    for (size_t i = 0; i < page->n_records; i++)
        add_text(f, look_record(page, i));
}

static struct found look_after(int64_t delay_ms, int64_t members)
{
    struct found f = {0};
    char cursor[LOOK_CURSOR_MAX + 1] = "0";
    int64_t old = 0;
    struct look_page page;

    do {
        struct redis_command c;
        look(&c, id, delay_ms, members, str_of(cursor), old);
        struct redisReply *reply = the_redis_call(&c);
        f.err = look_page(reply, &page);
        if (f.err == OK) {
            add_page(&f, &page);
            old = page.old_seq;
            (void)snprintf(cursor, sizeof cursor, "%.*s", STR_ARG(page.cursor));
        }
        reply_free(reply);
    } while (f.err == OK && strcmp(cursor, "0") != 0);
    return f;
}

static struct found look_now(void)
{
    return look_after(DELAY, ALL);
}

static int64_t settle(const char *names, int64_t seq)
{
    struct redis_command c;

    look_settled(&c, id, seq, str_of(names));
    return number(&c);
}

static void found_is(const char *names)
{
    struct found f = look_now();

    assert_int_equal(f.err, OK);
    assert_string_equal(f.names, names);
}

static void the_silent_are_found(void **state)
{
    (void)state;
    room("bob");
    int64_t seq = say("ann", "hello");
    struct found f = look_now();
    assert_string_equal(f.names, "bob=1");
    assert_string_equal(f.texts, "hello");
    assert_int_equal(f.seq, seq);
    assert_int_equal(f.next_ms, 0);
    assert_false(f.direct);
}

static void once_settled_they_are_left_alone(void **state)
{
    (void)state;
    room("bob");
    int64_t seq = say("ann", "hello");
    found_is("bob=1");
    found_is("bob=1"); /* whoever looked has died */
    assert_int_equal(settle("bob nobody", seq), 1);
    found_is("");
    assert_int_equal(settle("bob", seq - 1), 1); /* a late repeat moves nothing back */
    found_is("");
    (void)say("ann", "you");
    struct found f = look_now();
    assert_string_equal(f.names, "bob=2");
    assert_string_equal(f.texts, "you");
}

static void who_has_seen_it_is_not_silent(void **state)
{
    (void)state;
    room("bob");
    int64_t first = say("ann", "1");
    int64_t second = say("ann", "2");
    move("bob", false, first);
    found_is("bob=2"); /* has not read, and not received the second */
    move("bob", false, second);
    found_is("");
    (void)say("ann", "3");
    found_is("bob=3");
    move("bob", true, second + 1);
    found_is("");
}

static void who_writes_has_seen_it(void **state)
{
    (void)state;
    room("bob");
    (void)say("ann", "hello");
    (void)say("bob", "yes?");
    found_is("ann=1");
}

static void a_new_message_has_time(void **state)
{
    (void)state;
    room("bob");
    int64_t time = redis_now() - 100;
    (void)say_at("ann", "hello", time);
    struct found f = look_now();
    assert_string_equal(f.names, "");
    assert_int_equal(f.next_ms, time);
    f = look_after(50, ALL);
    assert_string_equal(f.names, "bob=1");
    assert_int_equal(f.next_ms, 0);
}

static void who_is_told_of_an_old_one_is_told_of_the_new_ones_too(void **state)
{
    (void)state;
    room("bob");
    (void)say("ann", "old");
    int64_t time = redis_now();
    int64_t seq = say_at("ann", "new", time);
    struct found f = look_now();
    assert_string_equal(f.names, "bob=2");
    assert_string_equal(f.texts, "new");
    assert_int_equal(f.seq, seq);
    assert_int_equal(f.next_ms, time);
    (void)settle("bob", f.seq);
    found_is("");
}

static void among_many_new_ones_the_old_one_is_found(void **state)
{
    (void)state;
    room("bob");
    int64_t old = say("ann", "old");
    int64_t time = redis_now();
    for (int i = 0; i < 300; i++)
        (void)say_at("ann", "new", time + i);
    move("bob", false, old - 1);
    struct found f = look_now();
    assert_string_equal(f.names, "bob=301");
    assert_int_equal(f.next_ms, time);
    move("bob", false, old); /* only that one was old */
    f = look_now();
    assert_string_equal(f.names, "");
    assert_int_equal(f.next_ms, time);
}

static void a_clock_that_is_ahead_delays_by_one_look(void **state)
{
    (void)state;
    room("bob");
    (void)say_at("ann", "hello", redis_now() + 3600000);
    struct found f = look_after(100, ALL);
    assert_string_equal(f.names, "");
    assert_true(f.next_ms > 0 && f.next_ms <= f.now_ms);
    int64_t until = f.now_ms + 100;
    WAIT_UNTIL(redis_now() >= until);
    f = look_after(100, ALL);
    assert_string_equal(f.names, "bob=1");
}

static void what_happens_to_members_is_no_message(void **state)
{
    struct redis_command c;

    (void)state;
    room("bob");
    found_is("");
    conversation_put_member(&c, id, STR("ann"), STR("cid"), STR("member"), 1000, 0);
    run(&c);
    found_is("");
    int64_t seq = say("ann", "hello");
    conversation_put_member(&c, id, STR("ann"), STR("dan"), STR("member"), 1001, 0);
    run(&c);
    struct found f = look_now();
    assert_int_equal(f.n, 2); /* Bob and Cid; Dan came after it */
    assert_null(strstr(f.names, "dan"));
    assert_non_null(strstr(f.names, "bob=3"));
    assert_int_equal(f.seq, seq);
}

static void of_each_sender_the_newest_is_given(void **state)
{
    (void)state;
    room("bob cid dan");
    (void)say("ann", "a1");
    (void)say("cid", "c1");
    (void)say("ann", "a2");
    (void)say("cid", "c2");
    struct found f = look_now();
    assert_string_equal(f.texts, "c2|a2");
    assert_int_equal(f.n, 3); /* Ann has not seen c2 */
}

static void long_messages_are_not_all_given(void **state)
{
    (void)state;
    room("bob cid dan eve fay");
    const char *names[] = {"ann", "cid", "dan", "eve", "fay"};
    for (size_t i = 0; i < 5; i++)
        (void)say(names[i], fmt_repeat('x', 30000));
    struct redis_command c;
    look(&c, id, DELAY, ALL, STR("0"), 0);
    struct redisReply *reply = the_redis_call(&c);
    struct look_page page;
    assert_int_equal(look_page(reply, &page), OK);
    assert_int_equal(page.n_records, 2);
    reply_free(reply);
}

static void who_has_muted_is_settled(void **state)
{
    struct redis_command c;

    (void)state;
    room("bob cid");
    member_mute(&c, id, STR("bob"), INT64_C(9000000000000));
    run(&c);
    (void)say("ann", "hello");
    struct found f = look_now();
    assert_string_equal(f.names, "cid=1");
    assert_int_equal(f.muted, 1);
    member_mute(&c, id, STR("bob"), 1); /* long ago */
    run(&c);
    f = look_now();
    assert_string_equal(f.names, "cid=1");
    assert_int_equal(f.muted, 0);
    (void)say("ann", "again");
    assert_int_equal(look_now().n, 2);
}

static void a_block_settles_a_direct_conversation(void **state)
{
    struct redis_command c;

    (void)state;
    conversation_open_direct(&c, id, STR("ann"), STR("bob"), 1000);
    run(&c);
    (void)say("ann", "hello");
    (void)redis_do(&the_redis, "HSET c:{%s} blocked bob", conversation.text);
    struct found f = look_now();
    assert_string_equal(f.names, "");
    assert_int_equal(f.blocked, 1);
    assert_true(f.direct);
}

static void what_retention_has_dropped_is_not_looked_for(void **state)
{
    (void)state;
    room("bob");
    for (int i = 0; i < 5; i++)
        (void)say("ann", "x");
    (void)redis_do(&the_redis, "LTRIM c:{%s}:log -1 -1", conversation.text);
    struct found f = look_now();
    assert_string_equal(f.names, "bob=5");
    assert_string_equal(f.texts, "x");
    (void)redis_do(&the_redis, "DEL c:{%s}:log", conversation.text);
    found_is("");
}

static void a_conversation_that_is_gone_is_said_to_be(void **state)
{
    (void)state;
    assert_int_equal(look_now().err, ERR_NOT_FOUND);
}

#define BIG 3000

static void a_big_room_comes_in_pages(void **state)
{
    struct buf names = {0};

    (void)state;
    for (int i = 0; i < BIG; i++)
        buf_printf(&names, "%suser%d", i ? " " : "", i);
    room(buf_cstr(&names));
    int64_t seq = say("ann", "hello");
    struct found f = {0};
    struct found *all = &f;
    char(*seen)[BIG] = calloc(1, sizeof *seen);
    char cursor[LOOK_CURSOR_MAX + 1] = "0";
    int64_t old = 0;
    assert_non_null(seen);
    do {
        struct redis_command c;
        struct look_page page;
        look(&c, id, DELAY, 100, str_of(cursor), old);
        struct redisReply *reply = the_redis_call(&c);
        assert_int_equal(look_page(reply, &page), OK);
        all->pages++;
        assert_true(page.n_members < 300);
        for (size_t i = 0; i < page.n_members; i++) {
            str user = look_member(&page, i).user;
            int64_t n;
            assert_true(str_to_i64(str_skip(user, 4), &n));
            (*seen)[n] = 1;
        }
        old = page.old_seq;
        (void)snprintf(cursor, sizeof cursor, "%.*s", STR_ARG(page.cursor));
        reply_free(reply);
    } while (strcmp(cursor, "0") != 0);
    assert_true(all->pages >= BIG / 300);
    for (int i = 0; i < BIG; i++)
        assert_int_equal((*seen)[i], 1);
    assert_int_equal(settle(buf_cstr(&names), seq), BIG);
    assert_int_equal(look_after(DELAY, 100).n, 0);
    free(seen);
    buf_fini(&names);
}

/* ---- again */

static void again_is(const char *user, int64_t seq, const char *word)
{
    struct redis_command c;

    look_again(&c, id, str_of(user), seq);
    struct redisReply *reply = the_redis_call(&c);
    if (!str_eq(reply_str(reply), str_of(word)))
        fail_at(HERE, "%.*s, not %s", STR_ARG(reply_str(reply)), word);
    reply_free(reply);
}

static void asked_again_it_says_why_not(void **state)
{
    struct redis_command c;

    (void)state;
    again_is("bob", 1, "left"); /* there is no such conversation */
    room("bob cid");
    int64_t seq = say("ann", "hello");
    again_is("bob", seq, "silent");
    move("bob", false, seq);
    again_is("bob", seq, "received");
    again_is("bob", seq + 1, "silent");
    move("bob", true, seq);
    again_is("bob", seq, "read");
    member_mute(&c, id, STR("cid"), INT64_C(9000000000000));
    run(&c);
    again_is("cid", seq, "muted");
    (void)redis_do(&the_redis, "HSET c:{%s} blocked cid", conversation.text);
    again_is("cid", seq, "blocked");
    (void)settle("cid", seq);
    conversation_remove_member(&c, id, STR("cid"), STR("cid"), 1000);
    run(&c);
    again_is("cid", seq, "left");
    assert_int_equal(redis_do(&the_redis, "HEXISTS c:{%s}:pushed cid", conversation.text), 0);
}

static void an_origin_is_read_back(void **state)
{
    struct push_origin origin;
    struct buf text = {0};

    (void)state;
    push_origin_write(&text, &(struct push_origin){id, 7, STR("ann")});
    assert_true(push_origin_read(buf_view(&text), &origin));
    assert_true(str_eq(origin.conversation, id));
    assert_int_equal(origin.seq, 7);
    assert_true(str_eq(origin.sender, STR("ann")));
    buf_fini(&text);
    assert_false(push_origin_read(STR(""), &origin));
    assert_false(push_origin_read(STR("nonsense 7 ann"), &origin));
    assert_false(push_origin_read(str_of(fmt("%s 7", conversation.text)), &origin));
    assert_false(push_origin_read(str_of(fmt("%s x ann", conversation.text)), &origin));
    assert_false(push_origin_read(str_of(fmt("%s 7 ann more", conversation.text)), &origin));
}

/* ---- */

static int begin(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "FLUSHALL");
    conversation = conversation_id_room();
    id = str_of(conversation.text);
    return 0;
}

#define CASE(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_mark_waits_for_its_time),
        CASE(a_mark_does_not_put_off_another),
        CASE(what_is_taken_comes_back_after_the_lease),
        CASE(a_few_are_taken_at_a_time_oldest_first),
        CASE(it_is_forgotten_once_nothing_can_come),
        CASE(while_messages_may_come_it_is_looked_at_again),
        CASE(late_ones_have_one_look_at_the_end),
        CASE(a_mark_between_take_and_release_keeps_it),
        CASE(what_waits_says_when),
        CASE(the_silent_are_found),
        CASE(once_settled_they_are_left_alone),
        CASE(who_has_seen_it_is_not_silent),
        CASE(who_writes_has_seen_it),
        CASE(a_new_message_has_time),
        CASE(who_is_told_of_an_old_one_is_told_of_the_new_ones_too),
        CASE(among_many_new_ones_the_old_one_is_found),
        CASE(a_clock_that_is_ahead_delays_by_one_look),
        CASE(what_happens_to_members_is_no_message),
        CASE(of_each_sender_the_newest_is_given),
        CASE(long_messages_are_not_all_given),
        CASE(who_has_muted_is_settled),
        CASE(a_block_settles_a_direct_conversation),
        CASE(what_retention_has_dropped_is_not_looked_for),
        CASE(a_conversation_that_is_gone_is_said_to_be),
        CASE(a_big_room_comes_in_pages),
        CASE(asked_again_it_says_why_not),
        CASE(an_origin_is_read_back),
    };
    return cmocka_run_group_tests(tests, the_redis_start_with_pool, the_redis_stop_with_pool);
}
