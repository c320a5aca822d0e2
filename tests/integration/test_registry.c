/* The registry's scripts against a real Redis, called as the daemons call them: what counts is Redis' clock. */
#include "story.h"

#include <sodium.h>

#include "redis/redis_pool.h"
#include "registry/registry.h"
#include "store/scripts.h"

static struct temp_dir dir;
static struct redis_server server;

static struct instance chat_at(const char *url)
{
    struct id id = id_new();
    struct instance instance = {.kind = "chat", .version = "1"};

    memcpy(instance.id, id.text, sizeof instance.id);
    (void)snprintf(instance.url, sizeof instance.url, "%s", url);
    return instance;
}

static void call(const struct redis_command *c)
{
    struct redisReply *reply;

    if (redis_call(c, &reply) != OK)
        fail_at(HERE, "%s failed", c->name);
    reply_free(reply);
}

static void put(const struct instance *instance)
{
    struct redis_command c;
    struct buf record = {0};

    instance_encode(instance, &record);
    registry_put(&c, instance, buf_view(&record));
    call(&c);
    buf_fini(&record);
}

static void take_out(const struct instance *instance)
{
    struct redis_command c;

    registry_remove(&c, instance);
    call(&c);
}

/* The URLs of a kind, with a space behind each; as long as fmt()'s. */
static const char *urls_of(const char *kind)
{
    struct redis_command c;
    struct redisReply *reply;
    struct instance instance;
    struct buf text = {0};

    registry_list(&c, kind);
    if (redis_call(&c, &reply) != OK)
        fail_at(HERE, "no list");
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
    (void)redis_do(&server, "ZINCRBY servers:{chat} %d %s", -ms, instance->id);
}

static int begin(void **state)
{
    (void)state;
    (void)redis_text(&server, "FLUSHALL");
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
    assert_int_equal(redis_do(&server, "EXISTS servers:{chat} servers:{chat}:about"), 0);
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
    assert_int_equal(redis_do(&server, "HLEN servers:{chat}:about"), 2);
    put(&b); /* whoever lives cleans up */
    assert_int_equal(redis_do(&server, "HLEN servers:{chat}:about"), 1);
    assert_int_equal(redis_do(&server, "ZCARD servers:{chat}"), 1);
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
    struct redis_pool_options options = {.connections_max = 1, .timeout_ms = PATIENCE_MS};
    struct redis_url url;
    const char *why;

    (void)state;
    if (sodium_init() < 0)
        return -1;
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

    return cmocka_run_group_tests(tests, setup, teardown);
}
