#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account_cache.h"
#include "page_cache.h"
#include "token_cache.h"

static void assert_user(const char *key, const char *user)
{
    str got;

    assert_true(account_cache_key_user(str_of(key), &got));
    assert_true(str_eq(got, str_of(user)));
}

static void a_changed_key_names_its_user(void **state)
{
    (void)state;
    assert_user("u:{alice}", "alice");
    assert_user("u:{alice}:sessions", "alice");
    assert_user("u:{a.b-c_9}:session:abc", "a.b-c_9");
}

static void keys_that_are_not_cached_are_passed_over(void **state)
{
    static const char *const OTHERS[] = {
        "u:{alice}:conversations", "u:{alice}:nodes", "c:{r1}", "u:{alice", "users", ""};
    str got;

    (void)state;
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
        assert_false(account_cache_key_user(str_of(OTHERS[i]), &got));
}

static void a_token_is_known_until_it_expires(void **state)
{
    struct token_cache *cache = token_cache_new();
    struct claims claims = {.user.text = "alice", .expires_s = 100};
    struct claims got;
    uint64_t generation;

    (void)state;
    assert_false(token_cache_find(cache, STR("x"), 0, &got, &generation));
    token_cache_add(cache, STR("x"), &claims, generation);
    assert_true(token_cache_find(cache, STR("x"), 99999, &got, &generation));
    assert_string_equal(got.user.text, "alice");
    assert_false(token_cache_find(cache, STR("x"), 100000, &got, &generation));
    assert_false(token_cache_find(cache, STR("X"), 0, &got, &generation));
    token_cache_clear(cache);
    assert_false(token_cache_find(cache, STR("x"), 0, &got, &generation));
    token_cache_free(&cache);
}

static void what_was_checked_with_keys_that_are_gone_is_not_kept(void **state)
{
    struct token_cache *cache = token_cache_new();
    struct claims claims = {.user.text = "alice", .expires_s = 100};
    struct claims got;
    uint64_t generation;
    uint64_t later;

    (void)state;
    assert_false(token_cache_find(cache, STR("x"), 0, &got, &generation));
    token_cache_clear(cache); /* while it is checked */
    token_cache_add(cache, STR("x"), &claims, generation);
    assert_false(token_cache_find(cache, STR("x"), 0, &got, &later));
    token_cache_free(&cache);
}

static void a_page_is_found_by_the_whole_query(void **state)
{
    struct page_cache *cache = page_cache_new(1024 * 1024);
    struct page_query query = {.conversation = STR("r1"), .before = -1, .after = -1, .limit = 50};
    struct log_state made_at = {.seq = 7, .created = 1, .kept = 7};
    struct buf json = {0};
    uint64_t generation;

    (void)state;
    buf_add_str(&json, STR("{}"));
    struct shared_bytes *body = shared_bytes_take(&json);
    assert_null(page_cache_get(cache, &query, &generation));
    page_cache_put(cache, &query, &made_at, body, generation);
    shared_bytes_unref(body);
    struct page *page = page_cache_get(cache, &query, &generation);
    assert_non_null(page);
    assert_true(log_state_eq(&page->state, &made_at));
    assert_true(str_eq(shared_bytes_view(page->body), STR("{}")));
    cached_unref(&page->cached);
    query.limit = 51;
    assert_null(page_cache_get(cache, &query, &generation));
    query.limit = 50;
    query.after = 50;
    assert_null(page_cache_get(cache, &query, &generation));
    page_cache_free(&cache);
}

static void a_page_of_another_epoch_is_another_state(void **state)
{
    struct log_state before = {.seq = 7, .created = 1, .kept = 7, .epoch = "one"};
    struct log_state after = before;

    (void)state;
    assert_true(log_state_eq(&before, &after));
    after.epoch[0] = 't';
    assert_false(log_state_eq(&before, &after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_key_names_its_user),
        cmocka_unit_test(keys_that_are_not_cached_are_passed_over),
        cmocka_unit_test(a_token_is_known_until_it_expires),
        cmocka_unit_test(what_was_checked_with_keys_that_are_gone_is_not_kept),
        cmocka_unit_test(a_page_is_found_by_the_whole_query),
        cmocka_unit_test(a_page_of_another_epoch_is_another_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
