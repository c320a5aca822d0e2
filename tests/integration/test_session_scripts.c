/* The steps that end sessions, each as Redis takes it: whole, whatever becomes of who asked for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fmt.h"
#include "store/account.h"
#include "the_redis.h"
#include "wait.h"

#define HOUR_MS 3600000
#define REPEAT_MS 30000

static enum err outcome(const struct redis_command *c)
{
    struct redisReply *reply = the_redis_call(c);
    enum err err = account_answer(reply);

    reply_free(reply);
    return err;
}

static struct new_session session_called(const char *id)
{
    return (struct new_session){str_of(id), STR("tv"), STR("fam"), STR("one"), HOUR_MS, STR("pl")};
}

static void make(const char *user)
{
    struct new_session session = session_called("s1");
    struct redis_command c;

    account_create(&c, str_of(user), STR("hash"), STR("Name"), &session, 1);
    assert_int_equal(outcome(&c), OK);
}

static enum err refresh_at(const char *user, const char *current, const char *next, int64_t now_ms)
{
    struct redis_command c;

    session_refresh(&c, str_of(user), STR("s1"), STR("fam"), str_of(current), str_of(next), HOUR_MS,
                    REPEAT_MS, now_ms);
    return outcome(&c);
}

static enum err refresh(const char *user, const char *current, const char *next)
{
    return refresh_at(user, current, next, 2);
}

/* As if its token had been refreshed so long before. */
static void let_pass(const char *user, int64_t ms)
{
    (void)redis_do(&the_redis, "HINCRBY u:{%s}:session:s1 refreshed -%ld", user, (long)ms);
}

static void a_repeat_is_answered_for_a_while_until_its_successor_is_used(void **state)
{
    (void)state;
    make("cat");
    assert_int_equal(refresh("cat", "one", "two"), OK);
    let_pass("cat", REPEAT_MS / 2);
    assert_int_equal(refresh("cat", "one", "two"), OK);
    assert_int_equal(refresh("cat", "two", "three"), OK);
    assert_int_equal(refresh("cat", "two", "three"), OK);
    assert_int_equal(refresh("cat", "one", "two"), ERR_CONFLICT);
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{cat}:session:s1"), 0);
    make("dan");
    assert_int_equal(refresh("dan", "one", "two"), OK);
    let_pass("dan", REPEAT_MS);
    assert_int_equal(refresh("dan", "one", "two"), ERR_CONFLICT);
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{dan}:session:s1"), 0);
}

static void a_repeat_is_answered_by_a_server_whose_clock_is_another(void **state)
{
    (void)state;
    make("fay");
    assert_int_equal(refresh_at("fay", "one", "two", HOUR_MS), OK);
    assert_int_equal(refresh_at("fay", "one", "two", 2 * HOUR_MS), OK);
    let_pass("fay", REPEAT_MS);
    assert_int_equal(refresh_at("fay", "one", "two", HOUR_MS), ERR_CONFLICT);
}

static void a_token_used_again_ends_the_session_in_the_same_step(void **state)
{
    (void)state;
    make("ann");
    assert_int_equal(refresh("ann", "one", "two"), OK);
    assert_int_equal(refresh("ann", "one", "three"), ERR_CONFLICT);
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:session:s1"), 0);
    assert_int_equal(redis_do(&the_redis, "SISMEMBER u:{ann}:sessions s1"), 0);
    assert_int_equal(refresh("ann", "two", "three"), ERR_NOT_FOUND);
}

static void a_new_password_names_the_sessions_that_were_alive(void **state)
{
    struct new_session second = session_called("s2");
    struct redis_command c;

    (void)state;
    make("bob");
    session_open(&c, STR("bob"), STR("hash"), STR(""), &second, 0, 2);
    assert_int_equal(outcome(&c), OK);
    (void)redis_do(&the_redis, "SADD u:{bob}:sessions expired");
    account_set_password(&c, STR("bob"), STR("hash"), STR("new"), STR("s1"));
    struct redisReply *reply = the_redis_call(&c);
    assert_int_equal(account_answer(reply), OK);
    assert_int_equal(reply_count(reply), 2);
    assert_true(str_eq(reply_str(reply_at(reply, 1)), STR("s2")));
    reply_free(reply);
    assert_int_equal(redis_do(&the_redis, "SCARD u:{bob}:sessions"), 1);
}

static void the_latest_places_are_remembered_for_a_month(void **state)
{
    struct redis_command c;

    (void)state;
    make("eve");
    for (int i = 0; i < 30; i++) {
        struct new_session session = session_called(fmt("s%d", i));
        session.place = str_of(fmt("p%d", i));
        session_open(&c, STR("eve"), STR("hash"), STR(""), &session, 0, i + 2);
        assert_int_equal(outcome(&c), OK);
    }
    assert_int_equal(redis_do(&the_redis, "ZCARD u:{eve}:places"), 16);
    assert_string_equal(redis_text(&the_redis, "ZSCORE u:{eve}:places p29"), "31");
    int64_t ttl_s = redis_do(&the_redis, "TTL u:{eve}:places");
    assert_in_range(ttl_s, 29 * 24 * 3600, 30 * 24 * 3600);
    account_delete_rest(&c, STR("eve"));
    reply_free(the_redis_call(&c));
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{eve}:places"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_used_again_ends_the_session_in_the_same_step),
        cmocka_unit_test(a_repeat_is_answered_for_a_while_until_its_successor_is_used),
        cmocka_unit_test(a_repeat_is_answered_by_a_server_whose_clock_is_another),
        cmocka_unit_test(a_new_password_names_the_sessions_that_were_alive),
        cmocka_unit_test(the_latest_places_are_remembered_for_a_month),
    };
    return cmocka_run_group_tests(tests, the_redis_start_with_pool, the_redis_stop_with_pool);
}
