#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/username.h"

static void assert_parsed(str raw, const char *expected)
{
    struct username name;

    assert_int_equal(username_parse(raw, &name), OK);
    assert_string_equal(name.text, expected);
    assert_true(str_eq(username_view(&name), str_of(expected)));
}

static void good_names_stay_as_they_are(void **state)
{
    assert_parsed(STR("bob"), "bob");
    assert_parsed(STR("0.9"), "0.9");
    assert_parsed(STR("a--"), "a--");
    assert_parsed(STR("a._-z"), "a._-z");
    assert_parsed(STR("abcdefghijklmnopqrstuvwxyz012345"), "abcdefghijklmnopqrstuvwxyz012345");
    (void)state;
}

static void upper_case_is_folded(void **state)
{
    assert_parsed(STR("Alice"), "alice");
    assert_parsed(STR("AZaz09"), "azaz09");
    (void)state;
}

static void other_names_are_refused(void **state)
{
    const str bad[] = {STR(""),
                       STR_NONE,
                       STR("ab"),
                       STR("abcdefghijklmnopqrstuvwxyz0123456"),
                       STR(".ab"),
                       STR("-ab"),
                       STR("_ab"),
                       STR("a b"),
                       STR("a@b"),
                       STR("ab\n"),
                       STR("abc\0"),
                       STR("a\0c"),
                       STR("a/b"),
                       STR("a:b"),
                       STR("{ab}"),
                       STR("a\xC3\xA9"
                           "b"),
                       STR("abc "),
                       STR(" abc"),
                       STR("a[b"),
                       STR("a`b")};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct username name = {"before"};
        assert_int_equal(username_parse(bad[i], &name), ERR_INVALID);
        assert_string_equal(name.text, "before");
    }
    (void)state;
}

/* All 256 bytes, first and later. */
static void the_alphabet_is_exact(void **state)
{
    for (int c = 0; c < 256; c++) {
        char first[] = {(char)c, 'a', 'a'};
        char inner[] = {'a', (char)c, 'a'};
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool mark = c == '.' || c == '_' || c == '-';
        struct username name;

        assert_int_equal(username_parse(str_from(first, 3), &name) == OK, alnum);
        assert_int_equal(username_parse(str_from(inner, 3), &name) == OK, alnum || mark);
    }
    (void)state;
}

static void what_is_kept_is_folded_already(void **state)
{
    (void)state;
    assert_true(username_is_kept(STR("alice")));
    assert_true(username_is_kept(STR("a.b-c_9")));
    assert_false(username_is_kept(STR("Alice")));
    assert_false(username_is_kept(STR("al")));
    assert_false(username_is_kept(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names_stay_as_they_are),    cmocka_unit_test(upper_case_is_folded),
        cmocka_unit_test(other_names_are_refused),        cmocka_unit_test(the_alphabet_is_exact),
        cmocka_unit_test(what_is_kept_is_folded_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
