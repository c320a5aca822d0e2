/* Contacts and blocks as the scripts have them: a user's own hash, and the direct conversation while there is a block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "base/ids.h"
#include "fmt.h"
#include "store/contact.h"
#include "store/conversation.h"
#include "the_redis.h"
#include "wait.h"

#define NOW INT64_C(1790000000000)
#define HI ",\"text\":\"hi\"}"

enum { A = CONTACT_ADDED, M = CONTACT_ADDS_ME, B = CONTACT_BLOCKS, X = CONTACT_BLOCKS_ME };

static struct conversation_id conversation; /* of ann and bob */
static str id;

static const char *change_at_most(int64_t most, const char *peer, int clear, int set)
{
    struct redis_command c;

    contact_change(&c, STR("ann"), str_of(peer), clear, set, most);
    return the_redis_ask(&c);
}

static const char *change(const char *peer, int clear, int set)
{
    return change_at_most(0, peer, clear, set);
}

static const char *kept(const char *peer)
{
    const char *mask = redis_text(&the_redis, fmt("HGET u:{ann}:contacts %s", peer));
    return mask ? mask : "none";
}

/* ---- a user's own hash */

static void bits_are_set_and_cleared(void **state)
{
    (void)state;
    assert_string_equal(change("bob", 0, A), "ok 0 1");
    assert_string_equal(change("bob", 0, A), "ok 1 1");
    assert_string_equal(change("bob", 0, M), "ok 1 3");
    assert_string_equal(change("bob", 0, B), "ok 3 7");
    assert_string_equal(change("bob", M | X, X), "ok 7 13");
    assert_string_equal(kept("bob"), "13");
    assert_string_equal(change("bob", B, 0), "ok 13 9");
    assert_string_equal(kept("cyd"), "none");
}

static void nothing_is_kept_of_nothing(void **state)
{
    (void)state;
    (void)change("bob", 0, A);
    assert_string_equal(change("bob", A | M, 0), "ok 1 0");
    assert_string_equal(change("bob", A | M, 0), "ok 0 0");
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:contacts"), 0);
}

/* Or else strangers could fill the hash by blocking its owner. */
static void being_blocked_alone_is_not_kept(void **state)
{
    (void)state;
    assert_string_equal(change("bob", 0, X), "ok 0 0");
    (void)change("bob", 0, M | X);
    assert_string_equal(kept("bob"), "10");
    assert_string_equal(change("bob", M, 0), "ok 10 0");
    assert_string_equal(kept("bob"), "none");
}

static void only_who_exists_keeps_anything(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "HDEL u:{ann} password"); /* as erased */
    assert_string_equal(change("bob", 0, A), "not_found");
    assert_string_equal(change("bob", A, 0), "not_found");
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:contacts"), 0);
}

static void who_is_blocked_is_not_added(void **state)
{
    (void)state;
    (void)change("bob", 0, B);
    assert_string_equal(change("bob", 0, A), "blocked");
    assert_string_equal(change("bob", 0, M), "ok 4 6"); /* they may, and never know */
    assert_string_equal(change("bob", B, 0), "ok 6 2");
    assert_string_equal(change("bob", 0, A), "ok 2 3");
    (void)change("bob", 0, B);
    assert_string_equal(change("bob", 0, A), "ok 7 7"); /* was added before */
}

static void each_kind_has_a_limit_of_its_own(void **state)
{
    static const int KINDS[] = {A, M, B};

    (void)state;
    for (int round = 0; round < 3; round++) { /* the others' do not count */
        int kind = KINDS[round];
        assert_string_equal(change_at_most(2, fmt("k%d-one", round), 0, kind),
                            fmt("ok 0 %d", kind));
        assert_string_equal(change_at_most(2, fmt("k%d-two", round), 0, kind),
                            fmt("ok 0 %d", kind));
        assert_string_equal(change_at_most(2, fmt("k%d-three", round), 0, kind), "full");
        assert_string_equal(kept(fmt("k%d-three", round)), "none");
        assert_string_equal(change_at_most(2, fmt("k%d-two", round), 0, kind),
                            fmt("ok %d %d", kind, kind));
        assert_string_equal(change_at_most(3, fmt("k%d-three", round), 0, kind),
                            fmt("ok 0 %d", kind));
        assert_string_equal(change_at_most(0, fmt("k%d-four", round), 0, kind),
                            fmt("ok 0 %d", kind));
    }
}

static void a_request_that_was_answered_counts_as_a_contact(void **state)
{
    (void)state;
    (void)change("bob", 0, M);
    assert_string_equal(change_at_most(1, "cyd", 0, M), "full");
    (void)change("bob", 0, A);
    assert_string_equal(change_at_most(1, "cyd", 0, M), "ok 0 2");
    assert_string_equal(change_at_most(1, "dan", 0, A), "full");
    (void)change("eve", 0, A);
    assert_string_equal(change_at_most(1, "eve", 0, M), "ok 1 3"); /* an answer, no request */
}

/* ---- the direct conversation */

static const char *append(const char *user, const char *message_id)
{
    struct redis_command c;
    struct message m = {str_of(user), str_of(message_id), STR(HI), NOW};

    conversation_append(&c, id, &m, STR("here"), 1000);
    return the_redis_ask(&c);
}

static const char *block(const char *user, bool blocks)
{
    struct redis_command c;

    direct_block(&c, id, str_of(user), blocks);
    return the_redis_ask(&c);
}

static const char *blocked(void)
{
    const char *names = redis_text(&the_redis, fmt("HGET c:{%s} blocked", id.p));
    return names ? names : "none";
}

static const char *open_direct(void)
{
    struct redis_command c;

    conversation_open_direct(&c, id, STR("ann"), STR("bob"), NOW);
    return the_redis_ask(&c);
}

static void nobody_writes_while_one_blocks_the_other(void **state)
{
    (void)state;
    (void)open_direct();
    assert_string_equal(append("ann", "a1"), "1");
    assert_string_equal(block("bob", true), "changed");
    assert_string_equal(append("ann", "a2"), "blocked");
    assert_string_equal(append("bob", "b1"), "blocked");
    assert_string_equal(append("eve", "e1"), "not_found");
    assert_int_equal(redis_do(&the_redis, fmt("LLEN c:{%s}:log", id.p)), 1);
    assert_string_equal(block("bob", false), "changed");
    assert_string_equal(append("ann", "a2"), "2"); /* its id was not used up */
}

static void what_was_stored_before_a_block_is_still_a_duplicate(void **state)
{
    (void)state;
    (void)open_direct();
    (void)append("ann", "a1");
    (void)block("bob", true);
    assert_string_equal(append("ann", "a1"), fmt("duplicate 1 %lld", (long long)NOW));
}

static void both_may_block_and_each_ends_only_the_own(void **state)
{
    (void)state;
    (void)open_direct();
    assert_string_equal(block("bob", true), "changed");
    assert_string_equal(block("bob", true), "same");
    assert_string_equal(block("ann", true), "changed");
    assert_string_equal(blocked(), "ann bob");
    assert_string_equal(block("bob", false), "changed");
    assert_string_equal(block("bob", false), "same");
    assert_string_equal(append("bob", "b1"), "blocked");
    assert_string_equal(block("ann", false), "changed");
    assert_string_equal(blocked(), "none");
    assert_string_equal(append("bob", "b1"), "1");
}

static void a_conversation_is_not_opened_against_a_block(void **state)
{
    struct redis_command c;

    (void)state;
    (void)block("bob", true);
    assert_string_equal(open_direct(), "blocked");
    assert_int_equal(redis_do(&the_redis, fmt("EXISTS c:{%s}:members", id.p)), 0);
    assert_string_equal(append("ann", "a1"), "not_found");
    direct_unblock(&c, id);
    assert_string_equal(the_redis_ask(&c), "1");
    assert_int_equal(redis_do(&the_redis, fmt("EXISTS c:{%s}", id.p)), 0);
    assert_string_equal(open_direct(), "created");
    (void)block("bob", true);
    assert_string_equal(open_direct(), "exists");
}

/* ---- what is not stored */

static redisContext *listen_as(const char *node)
{
    redisContext *ear = redisConnectUnix(the_redis.socket);

    assert_non_null(ear);
    assert_int_equal(redisSetTimeout(ear, (struct timeval){PATIENCE_MS / 1000, 0}), REDIS_OK);
    redisReply *reply = redisCommand(ear, "SUBSCRIBE node:%s", node);
    assert_non_null(reply);
    freeReplyObject(reply);
    struct redis_command c;
    conversation_add_node(&c, id, str_of(node));
    assert_string_equal(the_redis_ask(&c), "ok");
    return ear;
}

static void expect_heard(redisContext *ear, const char *text)
{
    void *reply = NULL;

    assert_int_equal(redisGetReply(ear, &reply), REDIS_OK);
    str heard = reply_str(reply_at(reply, 2));
    if (!str_eq(heard, str_of(text)))
        fail_msg("%.*s instead of %s", STR_ARG(heard), text);
    freeReplyObject(reply);
}

static void typing_and_receipts_do_not_pass_a_block(void **state)
{
    struct redis_command c;
    redisContext *ear;

    (void)state;
    (void)open_direct();
    (void)append("ann", "a1");
    (void)append("ann", "a2");
    ear = listen_as("n1");
    (void)block("ann", true);
    conversation_type(&c, id, STR("bob"), STR("n2"), true);
    assert_string_equal(the_redis_ask(&c), "blocked");
    conversation_move_marker(&c, id, STR("bob"), true, 1);
    assert_string_equal(the_redis_ask(&c), "moved");
    expect_heard(ear, fmt("O %s bob 1 1", id.p)); /* his own devices */
    (void)block("ann", false);
    conversation_move_marker(&c, id, STR("bob"), true, 2);
    assert_string_equal(the_redis_ask(&c), "moved");
    expect_heard(ear, fmt("R %s bob 2 2", id.p));
    conversation_type(&c, id, STR("bob"), STR("n2"), true);
    assert_string_equal(the_redis_ask(&c), "ok");
    expect_heard(ear, fmt("T %s bob 1", id.p));
    redisFree(ear);
}

/* ---- being added to rooms */

static const char *add(const char *user, const char *by)
{
    struct redis_command c;

    user_add_to_conversation(&c, str_of(user), str_of(by), id, NOW);
    return the_redis_ask(&c);
}

static void who_blocks_somebody_is_not_found_by_them(void **state)
{
    (void)state;
    (void)change("bob", 0, B);
    assert_string_equal(add("ann", "bob"), "not_found");
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:conversations"), 0);
    assert_string_equal(add("ann", "cyd"), "ok");
    assert_string_equal(add("ann", ""), "ok");
    (void)change("bob", B, A | M);
    assert_string_equal(add("ann", "bob"), "ok");
}

/* ---- */

static int begin(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "FLUSHALL");
    (void)redis_do(&the_redis, "HSET u:{ann} password x");
    conversation = conversation_id_direct(STR("ann"), STR("bob"));
    id = str_of(conversation.text);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bits_are_set_and_cleared),
        TEST(nothing_is_kept_of_nothing),
        TEST(being_blocked_alone_is_not_kept),
        TEST(only_who_exists_keeps_anything),
        TEST(who_is_blocked_is_not_added),
        TEST(each_kind_has_a_limit_of_its_own),
        TEST(a_request_that_was_answered_counts_as_a_contact),
        TEST(nobody_writes_while_one_blocks_the_other),
        TEST(what_was_stored_before_a_block_is_still_a_duplicate),
        TEST(both_may_block_and_each_ends_only_the_own),
        TEST(a_conversation_is_not_opened_against_a_block),
        TEST(typing_and_receipts_do_not_pass_a_block),
        TEST(who_blocks_somebody_is_not_found_by_them),
    };
    return cmocka_run_group_tests(tests, the_redis_start_with_pool, the_redis_stop_with_pool);
}
