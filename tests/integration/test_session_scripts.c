/* The steps that end sessions, each as Redis takes it: whole, whatever becomes of who asked for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fmt.h"
#include "redis/redis_pool.h"
#include "redis_server.h"
#include "store/account.h"
#include "wait.h"

#define HOUR_MS 3600000

static struct temp_dir dir;
static struct redis_server server;

static struct redisReply *call(const struct redis_command *c)
{
    struct redisReply *reply;

    if (redis_call(c, &reply) != OK)
        fail_at(HERE, "%s failed", c->name);
    return reply;
}

static enum err outcome(const struct redis_command *c)
{
    struct redisReply *reply = call(c);
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

static enum err refresh(const char *user, const char *current, const char *next)
{
    struct redis_command c;

    session_refresh(&c, str_of(user), STR("s1"), STR("fam"), str_of(current), str_of(next), HOUR_MS,
                    2);
    return outcome(&c);
}

static void a_token_used_again_ends_the_session_in_the_same_step(void **state)
{
    (void)state;
    make("ann");
    assert_int_equal(refresh("ann", "one", "two"), OK);
    assert_int_equal(refresh("ann", "one", "three"), ERR_CONFLICT);
    assert_int_equal(redis_do(&server, "EXISTS u:{ann}:session:s1"), 0);
    assert_int_equal(redis_do(&server, "SISMEMBER u:{ann}:sessions s1"), 0);
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
    (void)redis_do(&server, "SADD u:{bob}:sessions expired");
    account_set_password(&c, STR("bob"), STR("hash"), STR("new"), STR("s1"));
    struct redisReply *reply = call(&c);
    assert_int_equal(account_answer(reply), OK);
    assert_int_equal(reply_count(reply), 2);
    assert_true(str_eq(reply_str(reply_at(reply, 1)), STR("s2")));
    reply_free(reply);
    assert_int_equal(redis_do(&server, "SCARD u:{bob}:sessions"), 1);
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
    assert_int_equal(redis_do(&server, "ZCARD u:{eve}:places"), 16);
    assert_string_equal(redis_text(&server, "ZSCORE u:{eve}:places p29"), "31");
    int64_t ttl_s = redis_do(&server, "TTL u:{eve}:places");
    assert_in_range(ttl_s, 29 * 24 * 3600, 30 * 24 * 3600);
    account_delete_rest(&c, STR("eve"));
    reply_free(call(&c));
    assert_int_equal(redis_do(&server, "EXISTS u:{eve}:places"), 0);
}

static int setup(void **state)
{
    struct redis_pool_options options = {.connections_max = 2, .timeout_ms = PATIENCE_MS};
    struct redis_url url;
    const char *why;

    (void)state;
    temp_dir_make(&dir);
    redis_server_start(&server, &dir, false);
    if (redis_url_parse(str_of(server.url), &url, &why) != OK)
        return -1;
    redis_pool_open(&url, &options);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    redis_pool_close();
    redis_server_stop(&server);
    temp_dir_remove(&dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_used_again_ends_the_session_in_the_same_step),
        cmocka_unit_test(a_new_password_names_the_sessions_that_were_alive),
        cmocka_unit_test(the_latest_places_are_remembered_for_a_month),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
