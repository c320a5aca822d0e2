#include "redis_story.h"

#include "store/account.h"
#include "store/limit.h"

static struct redisReply word_reply(const char *word)
{
    return (struct redisReply){
        .type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)word, .len = strlen(word)};
}

static enum err outcome(const char *word)
{
    struct redisReply item = word_reply(word);
    struct redisReply *items[] = {&item};
    struct redisReply reply = {.type = REDIS_REPLY_ARRAY, .elements = 1, .element = items};

    return account_answer(&reply);
}

static void keys_and_arguments_stand_in_the_scripts_order(void **state)
{
    const struct new_session session = {STR("sid"), STR("tv"), STR("fam"),
                                        STR("cur"), 60,        STR("pl")};
    struct redis_command c;

    (void)state;
    account_create(&c, STR("bob"), STR("hash"), STR("Bob"), &session, 7);
    assert_int_equal(c.n_keys, 3);
    expect_sent(&c, 3,
                "u:{bob} u:{bob}:sessions u:{bob}:session:sid 7 hash Bob sid tv fam cur 60 pl");
    session_open(&c, STR("bob"), STR("old"), STR(""), &session, 50, 7);
    expect_sent(&c, 3,
                "u:{bob} u:{bob}:sessions u:{bob}:session:sid 7 old  sid tv fam cur 60 pl 50");
    session_refresh(&c, STR("bob"), STR("sid"), STR("fam"), STR("cur"), STR("next"), 60, 30, 7);
    expect_sent(&c, 3, "u:{bob} u:{bob}:sessions u:{bob}:session:sid fam cur next 7 60 sid 30");
    limit_take(&c, STR("login:1.2.3.4"), 30, -1);
    expect_sent(&c, 1, "limit:{login:1.2.3.4} 30 -1");
}

static void only_the_fields_that_change_are_sent(void **state)
{
    const struct account_changes changes = {
        .display_name = STR_NONE, .about = STR(""), .avatar_url = STR("x")};
    struct redis_command c;

    (void)state;
    account_update(&c, STR("bob"), &changes);
    expect_sent(&c, 1, "u:{bob} about  avatar_url x");
}

static void a_search_ends_after_the_last_name_with_the_prefix(void **state)
{
    struct redis_command c;
    struct buf storage = {0};

    (void)state;
    directory_search(&c, STR("al"), 20, &storage);
    expect_sent(&c, 0, "ZRANGEBYLEX users [al [al\xff LIMIT 0 20");
    buf_fini(&storage);
}

static void the_words_of_scripts_become_errors(void **state)
{
    (void)state;
    assert_int_equal(outcome("ok"), OK);
    assert_int_equal(outcome("taken"), ERR_CONFLICT);
    assert_int_equal(outcome("reused"), ERR_CONFLICT);
    assert_int_equal(outcome("denied"), ERR_DENIED);
    assert_int_equal(outcome("gone"), ERR_NOT_FOUND);
    assert_int_equal(outcome("what"), ERR_UNAVAILABLE);
    assert_int_equal(account_answer(NULL), ERR_UNAVAILABLE);
}

static void an_account_is_read_with_its_sessions(void **state)
{
    static const char *const words[] = {"ok", "1790000000000", "Bob \"B\"", "", "", "sid1", "sid2"};
    struct redisReply items[7];
    struct redisReply *pointers[7];
    struct redisReply reply = {.type = REDIS_REPLY_ARRAY, .elements = 7, .element = pointers};
    struct account account;
    struct buf json = {0};

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        items[i] = word_reply(words[i]);
        pointers[i] = &items[i];
    }
    assert_int_equal(account_was_read(&reply, &account), OK);
    assert_int_equal(account.n_sessions, 2);
    assert_true(str_eq(account_session(&account, 1), STR("sid2")));
    account_json(&json, NULL, STR("bob"), &account);
    assert_string_equal(buf_cstr(&json),
                        "{\"username\":\"bob\",\"display_name\":\"Bob \\\"B\\\"\",\"about\":\"\","
                        "\"avatar_url\":\"\",\"created\":1790000000000}");
    buf_fini(&json);
    reply.elements = 3;
    assert_int_equal(account_was_read(&reply, &account), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_arguments_stand_in_the_scripts_order),
        cmocka_unit_test(only_the_fields_that_change_are_sent),
        cmocka_unit_test(a_search_ends_after_the_last_name_with_the_prefix),
        cmocka_unit_test(the_words_of_scripts_become_errors),
        cmocka_unit_test(an_account_is_read_with_its_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
