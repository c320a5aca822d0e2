#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel_text.h"
#include "json/json_out.h"

typedef void cut_fn(struct buf *out, str text, size_t max);

static void assert_cut(cut_fn *cut, const char *text, size_t max, const char *expected)
{
    struct buf out = {0};

    cut(&out, str_of(text), max);
    assert_string_equal(buf_cstr(&out), expected);
    buf_fini(&out);
}

#define EURO "\xe2\x82\xac"       /* 3 bytes, 1 in UTF-16 */
#define FLOWER "\xf0\x9f\x8c\xbb" /* 4 bytes, 2 in UTF-16 */
#define DOTS "\xe2\x80\xa6"

static void a_text_that_fits_stays_as_it_is(void **state)
{
    (void)state;
    assert_cut(text_add_cut, "", 0, "");
    assert_cut(text_add_cut, "hello", 5, "hello");
    assert_cut(text_add_cut_utf16, FLOWER "x", 3, FLOWER "x");
    assert_cut(text_add_cut_json, "a\"b", 4, "a\"b");
}

static void a_text_is_cut_between_characters_and_ends_in_dots(void **state)
{
    (void)state;
    assert_cut(text_add_cut, "hello", 4, "h" DOTS);
    assert_cut(text_add_cut, EURO EURO EURO, 8, EURO DOTS);
    assert_cut(text_add_cut, FLOWER FLOWER, 7, FLOWER DOTS);
    assert_cut(text_add_cut, FLOWER FLOWER, 6, DOTS);
    assert_cut(text_add_cut, "hello", 2, ""); /* no room for the dots */
}

static void characters_are_counted_as_the_other_end_does(void **state)
{
    (void)state;
    assert_cut(text_add_cut_utf16, FLOWER FLOWER, 3, FLOWER DOTS);
    assert_cut(text_add_cut_utf16, EURO EURO EURO, 2, EURO DOTS);
    assert_cut(text_add_cut_json, "\"\"\"\"", 7, "\"\"" DOTS);
    assert_cut(text_add_cut_json, "\x01\x01", 11, "\x01" DOTS);
}

static void write(const struct channel_input *input, const struct payload_part *part,
                  struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "t", input->notification->title);
    json_put_str(out, "b", part->body);
    if (!str_is_none(part->data))
        json_put_raw(out, "d", part->data);
    if (part->truncated)
        json_put_bool(out, "x", true);
    json_close(out, '}');
}

static void assert_fits(const struct notification *n, size_t max, const char *expected)
{
    const struct channel_input input = {.notification = n};
    struct buf out = {0};

    assert_int_equal(payload_fit(write, &input, max, &out), OK);
    assert_string_equal(buf_cstr(&out), expected);
    assert_true(out.n <= max);
    buf_fini(&out);
}

static void a_payload_keeps_data_while_enough_of_the_text_remains(void **state)
{
    (void)state;
    char body[101];
    memset(body, 'y', sizeof body);
    const struct notification n = {
        .title = STR(""), .body = str_from(body, sizeof body), .data = STR("{\"k\":1}")};
    const struct channel_input input = {.notification = &n};
    struct buf out = {0};

    assert_int_equal(payload_fit(write, &input, 100, &out), OK);
    assert_int_equal(out.n, 100);
    assert_non_null(memmem(out.p, out.n, "{\"k\":1}", 7));
    buf_clear(&out);
    assert_int_equal(payload_fit(write, &input, 99, &out), OK);
    assert_int_equal(out.n, 99);
    assert_null(memmem(out.p, out.n, "{\"k\":1}", 7));
    buf_fini(&out);
}

static void a_payload_loses_data_and_then_text(void **state)
{
    (void)state;
    const struct notification n = {
        .title = STR(""), .body = STR("0123456789"), .data = STR("{\"k\":1}")};

    assert_fits(&n, 100, "{\"t\":\"\",\"b\":\"0123456789\",\"d\":{\"k\":1}}");
    assert_fits(&n, 37, "{\"t\":\"\",\"b\":\"0123456789\",\"d\":{\"k\":1}}");
    assert_fits(&n, 36, "{\"t\":\"\",\"b\":\"0123456789\",\"x\":true}");
    assert_fits(&n, 34, "{\"t\":\"\",\"b\":\"0123456789\",\"x\":true}");
    assert_fits(&n, 33, "{\"t\":\"\",\"b\":\"012345" DOTS "\",\"x\":true}");
    assert_fits(&n, 24, "{\"t\":\"\",\"b\":\"\",\"x\":true}");
}

static void what_cannot_be_made_to_fit_is_told(void **state)
{
    (void)state;
    const struct notification n = {.title = STR("title"), .body = STR("b"), .data = STR("")};
    const struct channel_input input = {.notification = &n};
    struct buf out = {0};

    assert_int_equal(payload_fit(write, &input, 10, &out), ERR_TOO_BIG);
    buf_fini(&out);
}

static void a_time_is_written_as_rfc_3339_has_it(void **state)
{
    (void)state;
    struct buf out = {0};

    text_add_time(&out, 1790000000007);
    assert_string_equal(buf_cstr(&out), "2026-09-21T14:13:20.007Z");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_fits_stays_as_it_is),
        cmocka_unit_test(a_text_is_cut_between_characters_and_ends_in_dots),
        cmocka_unit_test(characters_are_counted_as_the_other_end_does),
        cmocka_unit_test(a_payload_keeps_data_while_enough_of_the_text_remains),
        cmocka_unit_test(a_payload_loses_data_and_then_text),
        cmocka_unit_test(what_cannot_be_made_to_fit_is_told),
        cmocka_unit_test(a_time_is_written_as_rfc_3339_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
