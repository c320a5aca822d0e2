/* The registry's scripts against a real Redis, called as the daemons call them: what counts is Redis' clock. */
#include "story.h"

#include <sodium.h>

#include "registry/registry.h"
#include "store/scripts.h"
#include "the_redis.h"

static struct instance chat_at(const char *url)
{
    struct id id = id_new();
    struct instance instance = {.kind = "chat", .version = "1"};

    memcpy(instance.id, id.text, sizeof instance.id);
    (void)snprintf(instance.url, sizeof instance.url, "%s", url);
    return instance;
}

static void put(const struct instance *instance)
{
    struct redis_command c;
    struct buf record = {0};

    instance_encode(instance, &record);
    registry_put(&c, instance, buf_view(&record));
    reply_free(the_redis_call(&c));
    buf_fini(&record);
}

static void take_out(const struct instance *instance)
{
    struct redis_command c;

    registry_remove(&c, instance);
    reply_free(the_redis_call(&c));
}

/* The URLs of a kind, with a space behind each; as long as fmt()'s. */
static const char *urls_of(const char *kind)
{
    struct redis_command c;
    struct instance instance;
    struct buf text = {0};

    registry_list(&c, kind);
    struct redisReply *reply = the_redis_call(&c);
    for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
        assert_in_range(reply_int(reply_at(reply, i)), 0, REGISTRY_TTL_MS);
        assert_int_equal(instance_decode(reply_str(reply_at(reply, i + 1)), &instance), OK);
        buf_printf(&text, "%s ", instance.url);
    }
    const char *kept = fmt("%s", buf_cstr(&text));
    buf_fini(&text);
    reply_free(reply);
    return kept;
}

/* As if it had been put so many ms ago. */
static void make_old(const struct instance *instance, int ms)
{
    (void)redis_do(&the_redis, "ZINCRBY servers:{chat} %d %s", -ms, instance->id);
}

static int begin(void **state)
{
    (void)state;
    (void)redis_text(&the_redis, "FLUSHALL");
    return 0;
}

static void who_is_put_is_listed_under_its_kind(void **state)
{
    struct instance a = chat_at("ws://a");

    (void)state;
    assert_string_equal(urls_of("chat"), "");
    put(&a);
    put(&a); /* once, however often */
    assert_string_equal(urls_of("chat"), "ws://a ");
    assert_string_equal(urls_of("presence"), "");
}

static void who_goes_is_not_listed(void **state)
{
    struct instance a = chat_at("ws://a");
    struct instance b = chat_at("ws://b");

    (void)state;
    put(&a);
    put(&b);
    take_out(&a);
    take_out(&a); /* harmless */
    assert_string_equal(urls_of("chat"), "ws://b ");
    take_out(&b);
    assert_int_equal(redis_do(&the_redis, "EXISTS servers:{chat} servers:{chat}:about"), 0);
}

static void who_says_nothing_for_too_long_is_not_listed_and_then_forgotten(void **state)
{
    struct instance a = chat_at("ws://a");
    struct instance b = chat_at("ws://b");

    (void)state;
    put(&a);
    put(&b);
    make_old(&a, REGISTRY_TTL_MS);
    assert_string_equal(urls_of("chat"), "ws://b ");
    assert_int_equal(redis_do(&the_redis, "HLEN servers:{chat}:about"), 2);
    put(&b); /* whoever lives cleans up */
    assert_int_equal(redis_do(&the_redis, "HLEN servers:{chat}:about"), 1);
    assert_int_equal(redis_do(&the_redis, "ZCARD servers:{chat}"), 1);
    put(&a); /* and comes back when it was only slow */
    WAIT_UNTIL(strlen(urls_of("chat")) == strlen("ws://a ws://b "));
}

/* What was put in a future that is no more would otherwise live until it comes. */
static void a_clock_that_is_set_back_keeps_nobody_alive(void **state)
{
    struct instance a = chat_at("ws://a");

    (void)state;
    put(&a);
    make_old(&a, -3600 * 1000);
    assert_string_equal(urls_of("chat"), "");
    put(&a);
    assert_string_equal(urls_of("chat"), "ws://a ");
}

static void its_latest_word_counts(void **state)
{
    struct instance a = chat_at("ws://a");

    (void)state;
    put(&a);
    (void)snprintf(a.url, sizeof a.url, "ws://moved");
    put(&a);
    assert_string_equal(urls_of("chat"), "ws://moved ");
}

static int setup(void **state)
{
    return sodium_init() < 0 ? -1 : the_redis_start_with_pool(state);
}

#define STEP(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STEP(who_is_put_is_listed_under_its_kind),
        STEP(who_goes_is_not_listed),
        STEP(who_says_nothing_for_too_long_is_not_listed_and_then_forgotten),
        STEP(a_clock_that_is_set_back_keeps_nobody_alive),
        STEP(its_latest_word_counts),
    };

    return cmocka_run_group_tests(tests, setup, the_redis_stop_with_pool);
}
