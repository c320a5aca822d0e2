#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "status.h"

static void the_more_available_is_the_greater(void **state)
{
    (void)state;
    assert_true(STATUS_ONLINE > STATUS_AWAY);
    assert_true(STATUS_AWAY > STATUS_BUSY);
    assert_true(STATUS_BUSY > STATUS_OFFLINE);
}

static void clients_say_invisible_and_hear_offline(void **state)
{
    enum status status = STATUS_ONLINE;
    (void)state;

    assert_true(status_from_word(STR("invisible"), &status));
    assert_int_equal(status, STATUS_OFFLINE);
    assert_string_equal(status_word(status), "offline");
    assert_false(status_from_word(STR("offline"), &status));
}

static void every_other_word_is_the_same_both_ways(void **state)
{
    static const char *const WORDS[] = {"online", "away", "busy"};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        enum status status = STATUS_OFFLINE;
        assert_true(status_from_word(str_of(WORDS[i]), &status));
        assert_string_equal(status_word(status), WORDS[i]);
    }
}

static void unknown_words_are_refused(void **state)
{
    static const char *const WORDS[] = {"", "Online", "online ", "dnd", "onlin"};
    enum status status;
    (void)state;

    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        assert_false(status_from_word(str_of(WORDS[i]), &status));
    assert_false(status_from_word(STR_NONE, &status));
}

static void letters_come_back(void **state)
{
    (void)state;
    for (unsigned i = STATUS_OFFLINE; i <= STATUS_ONLINE; i++) {
        char letter = status_letter((enum status)i);
        enum status status;
        assert_true(status_from_letter(str_from(&letter, 1), &status));
        assert_int_equal(status, i);
    }
    enum status status;
    assert_false(status_from_letter(STR("x"), &status));
    assert_false(status_from_letter(STR("oo"), &status));
    assert_false(status_from_letter(STR(""), &status));
}

static void texts_have_256_bytes_at_most(void **state)
{
    char text[STATUS_TEXT_MAX + 1];
    (void)state;

    memset(text, 'x', sizeof text);
    assert_null(status_text_fault(str_from(text, STATUS_TEXT_MAX)));
    assert_non_null(status_text_fault(str_from(text, STATUS_TEXT_MAX + 1)));
    assert_null(status_text_fault(STR("")));
}

static void control_characters_are_refused_wherever_they_stand(void **state)
{
    static const char *const BAD[] = {"\n",   "a\tb",         "end\r",        "\x1b[31m",
                                      "\x7f", "a\xc2\x85",    "\xc2\x9f",     "x\xe2\x80\xa8y",
                                      "\x01", "\xe2\x80\xa9", "\xc2\x80 text"};
    (void)state;

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_non_null(status_text_fault(str_of(BAD[i])));
    assert_non_null(status_text_fault(str_from("a\0b", 3)));
}

static void all_other_characters_are_fine(void **state)
{
    static const char *const GOOD[] = {"lunch",
                                       "caf\xc3\xa9",
                                       "\xc2\xa0",
                                       "\xe2\x80\xa6",
                                       "\xf0\x9f\x8d\x95 pizza",
                                       "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                       "\"quoted\" \\ <b>"};
    (void)state;

    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
        assert_null(status_text_fault(str_of(GOOD[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_more_available_is_the_greater),
        cmocka_unit_test(clients_say_invisible_and_hear_offline),
        cmocka_unit_test(every_other_word_is_the_same_both_ways),
        cmocka_unit_test(unknown_words_are_refused),
        cmocka_unit_test(letters_come_back),
        cmocka_unit_test(texts_have_256_bytes_at_most),
        cmocka_unit_test(control_characters_are_refused_wherever_they_stand),
        cmocka_unit_test(all_other_characters_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
