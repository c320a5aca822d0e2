#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/base64url.h"
#include "conversation_cursor.h"

#define ID_A "raaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "rbbbbbbbbbbbbbbbbbbbbbbbb"

static void a_cursor_is_read_back_as_it_was_written(void **state)
{
    struct conversation_cursor got;
    struct buf text = {0};

    (void)state;
    conversation_cursor_write(1790000000000, STR(ID_A), &text);
    assert_int_equal(conversation_cursor_parse(buf_view(&text), &got), OK);
    assert_int_equal(got.time, 1790000000000);
    assert_string_equal(got.id.text, ID_A);
    buf_fini(&text);
}

static void anything_else_is_refused(void **state)
{
    static const char *const BAD[] = {"",
                                      "1." ID_A "x",
                                      "1."
                                      "raa",
                                      "x." ID_A,
                                      "1" ID_A,
                                      "." ID_A,
                                      "1.1." ID_A};
    struct conversation_cursor got;
    struct buf text = {0};

    (void)state;
    assert_int_equal(conversation_cursor_parse(STR("%%%"), &got), ERR_INVALID);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        buf_clear(&text);
        base64url_add(&text, BAD[i], strlen(BAD[i]));
        assert_int_equal(conversation_cursor_parse(buf_view(&text), &got), ERR_INVALID);
    }
    buf_fini(&text);
}

static void the_newest_stand_first_and_then_by_id(void **state)
{
    (void)state;
    assert_true(conversation_order(2, STR(ID_B), 1, STR(ID_A)) < 0);
    assert_true(conversation_order(1, STR(ID_A), 2, STR(ID_A)) > 0);
    assert_true(conversation_order(1, STR(ID_A), 1, STR(ID_B)) < 0);
    assert_int_equal(conversation_order(1, STR(ID_A), 1, STR(ID_A)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_is_read_back_as_it_was_written),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(the_newest_stand_first_and_then_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
