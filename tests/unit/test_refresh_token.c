#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "refresh_token.h"

static struct refresh_token sample(void)
{
    struct username user;

    assert_int_equal(username_parse(STR("a.b.c"), &user), OK);
    return refresh_token_new(&user);
}

static void a_token_is_read_back_as_it_was_written(void **state)
{
    struct refresh_token token = sample();
    struct refresh_token got;
    struct buf text = {0};

    (void)state;
    refresh_token_write(&token, &text);
    assert_true(text.n <= REFRESH_TOKEN_MAX);
    assert_int_equal(refresh_token_parse(buf_view(&text), &got), OK);
    assert_string_equal(got.session.text, token.session.text);
    assert_string_equal(got.family.text, token.family.text);
    assert_string_equal(got.secret.text, token.secret.text);
    assert_string_equal(got.user.text, "a.b.c");
    buf_fini(&text);
}

static void every_shorter_text_is_refused(void **state)
{
    struct refresh_token token = sample();
    struct refresh_token got;
    struct buf text = {0};

    (void)state;
    refresh_token_write(&token, &text);
    for (size_t n = 0; n + 3 < text.n; n++) /* what is left of the name must be none */
        assert_int_equal(refresh_token_parse(str_from(text.p, n), &got), ERR_INVALID);
    buf_fini(&text);
}

static void a_name_in_capitals_is_not_ours(void **state)
{
    struct refresh_token token = sample();
    struct refresh_token got;
    struct buf text = {0};

    (void)state;
    refresh_token_write(&token, &text);
    text.p[text.n - 1] = 'C';
    assert_int_equal(refresh_token_parse(buf_view(&text), &got), ERR_INVALID);
    buf_fini(&text);
}

static void the_successor_differs_in_its_own_secret_only(void **state)
{
    struct refresh_token token = sample();
    struct refresh_token next = refresh_token_next(&token);

    (void)state;
    assert_string_equal(next.session.text, token.session.text);
    assert_string_equal(next.family.text, token.family.text);
    assert_string_not_equal(next.secret.text, token.secret.text);
}

static void a_hash_is_64_hex_digits_and_not_the_secret(void **state)
{
    struct refresh_token token = sample();
    struct refresh_hash hash = refresh_hash(&token.secret);
    struct refresh_hash again = refresh_hash(&token.secret);
    struct refresh_hash other = refresh_hash(&token.family);

    (void)state;
    assert_int_equal(strlen(hash.text), REFRESH_HASH_LEN);
    assert_int_equal(strspn(hash.text, "0123456789abcdef"), REFRESH_HASH_LEN);
    assert_string_equal(hash.text, again.text);
    assert_string_not_equal(hash.text, other.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_read_back_as_it_was_written),
        cmocka_unit_test(every_shorter_text_is_refused),
        cmocka_unit_test(a_name_in_capitals_is_not_ours),
        cmocka_unit_test(the_successor_differs_in_its_own_secret_only),
        cmocka_unit_test(a_hash_is_64_hex_digits_and_not_the_secret),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
