#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_negotiate.h"

static void a_tag_is_found_in_a_list(void **state)
{
    const str tag = STR("\"abc\"");

    (void)state;
    assert_true(http_names_tag(STR("\"abc\""), tag));
    assert_true(http_names_tag(STR("\"x\", W/\"abc\" ,\"y\""), tag));
    assert_true(http_names_tag(STR("*"), tag));
}

static void other_tags_are_not(void **state)
{
    const str tag = STR("\"abc\"");

    (void)state;
    assert_false(http_names_tag(STR_NONE, tag));
    assert_false(http_names_tag(STR(""), tag));
    assert_false(http_names_tag(STR("abc"), tag));
    assert_false(http_names_tag(STR("\"ab\",\"abcd\",\"abc-gz\""), tag));
    assert_false(http_names_tag(STR("w/\"abc\""), tag));
}

static void gzip_is_for_those_who_take_it(void **state)
{
    (void)state;
    assert_true(http_accepts_gzip(STR("gzip")));
    assert_true(http_accepts_gzip(STR("deflate, GZIP;q=0.5, br")));
    assert_true(http_accepts_gzip(STR("*")));
    assert_true(http_accepts_gzip(STR("br;q=0, * ; q=0.1")));
}

static void and_not_for_others(void **state)
{
    (void)state;
    assert_false(http_accepts_gzip(STR_NONE));
    assert_false(http_accepts_gzip(STR("")));
    assert_false(http_accepts_gzip(STR("identity")));
    assert_false(http_accepts_gzip(STR("gzip;q=0")));
    assert_false(http_accepts_gzip(STR("*, gzip; q=0.000")));
    assert_false(http_accepts_gzip(STR("gzipped, xgzip")));
    assert_false(http_accepts_gzip(STR("*;q=0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_found_in_a_list),
        cmocka_unit_test(other_tags_are_not),
        cmocka_unit_test(gzip_is_for_those_who_take_it),
        cmocka_unit_test(and_not_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
