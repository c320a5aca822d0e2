#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/idempotency_key.h"

static void keys_are_visible_ascii(void **state)
{
    char key[257] = {0};

    (void)state;
    assert_true(idempotency_key_is_good(STR("a")));
    assert_true(idempotency_key_is_good(STR("8e03978e-40d5-43e8-bc93-6894a57f9324!~")));
    assert_false(idempotency_key_is_good(STR("")));
    assert_false(idempotency_key_is_good(STR("a b")));
    assert_false(idempotency_key_is_good(STR("a\t")));
    assert_false(idempotency_key_is_good(STR("\xc3\xa4")));
    assert_false(idempotency_key_is_good(STR("\x7f")));
    memset(key, 'k', 256);
    assert_true(idempotency_key_is_good(str_from(key, 255)));
    assert_false(idempotency_key_is_good(str_from(key, 256)));
}

static void who_gives_none_is_asked_for_none(void **state)
{
    struct http_request request = {.idempotency_key = STR_NONE};
    struct http_response response = {0};

    (void)state;
    assert_true(idempotency_key_accept(&request, &response));
    request.idempotency_key = STR("one");
    assert_true(idempotency_key_accept(&request, &response));
    assert_int_equal(response.status, 0);
    request.idempotency_key = STR("one two");
    assert_false(idempotency_key_accept(&request, &response));
    assert_int_equal(response.status, 400);
    http_response_fini(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_visible_ascii),
        cmocka_unit_test(who_gives_none_is_asked_for_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
