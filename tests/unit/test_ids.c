#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/ids.h"

static void a_new_id_is_valid(void **state)
{
    for (int i = 0; i < 1000; i++) {
        struct id id = id_new();
        assert_int_equal(strlen(id.text), ID_LEN);
        assert_true(id_is_valid(str_of(id.text)));
    }
    (void)state;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct id *)a)->text, ((const struct id *)b)->text);
}

static void no_two_ids_are_the_same(void **state)
{
    enum { N = 10000 };
    struct id *ids = calloc(N, sizeof *ids);

    assert_non_null(ids);
    for (int i = 0; i < N; i++)
        ids[i] = id_new();
    qsort(ids, N, sizeof *ids, compare_ids);
    for (int i = 1; i < N; i++)
        assert_string_not_equal(ids[i - 1].text, ids[i].text);
    free(ids);
    (void)state;
}

/* Every place takes every letter now and then: no bit is stuck. */
static void all_places_use_the_whole_alphabet(void **state)
{
    bool seen[ID_LEN][256] = {0};

    for (int i = 0; i < 2000; i++) {
        struct id id = id_new();
        for (size_t place = 0; place < ID_LEN; place++)
            seen[place][(unsigned char)id.text[place]] = true;
    }
    for (size_t place = 0; place < ID_LEN; place++) {
        int n = 0;
        for (int c = 0; c < 256; c++)
            n += seen[place][c];
        assert_int_equal(n, 32);
    }
    (void)state;
}

static void other_texts_are_no_ids(void **state)
{
    const str bad[] = {STR(""),
                       STR("abcdefghijklmnopqrstuvw"),
                       STR("abcdefghijklmnopqrstuvwxy"),
                       STR("Abcdefghijklmnopqrstuvwx"),
                       STR("0bcdefghijklmnopqrstuvwx"),
                       STR("1bcdefghijklmnopqrstuvwx"),
                       STR("8bcdefghijklmnopqrstuvwx"),
                       STR("abcdefghijklmnopqrstuvw\0"),
                       STR("abcdefghijklmnopqrstuvw="),
                       STR_NONE,
                       STR("abcdefghijklmnopqrstuv\xC3\xA9"),
                       STR("abcdefghijk:mnopqrstuvwx")};

    assert_true(id_is_valid(STR("abcdefghijklmnopqrstuv27")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(id_is_valid(bad[i]));
    (void)state;
}

static void a_room_has_an_id_of_its_own(void **state)
{
    struct conversation_id one = conversation_id_room();
    struct conversation_id other = conversation_id_room();

    assert_true(conversation_id_is_valid(str_of(one.text)));
    assert_false(conversation_id_is_direct(str_of(one.text)));
    assert_string_not_equal(one.text, other.text);
    (void)state;
}

static void both_people_find_the_same_direct_conversation(void **state)
{
    struct conversation_id ab = conversation_id_direct(STR("alice"), STR("bob"));
    struct conversation_id ba = conversation_id_direct(STR("bob"), STR("alice"));
    struct conversation_id again = conversation_id_direct(STR("alice"), STR("bob"));

    assert_string_equal(ab.text, ba.text);
    assert_string_equal(ab.text, again.text);
    assert_true(conversation_id_is_valid(str_of(ab.text)));
    assert_true(conversation_id_is_direct(str_of(ab.text)));
    (void)state;
}

static void other_people_have_another_one(void **state)
{
    const struct conversation_id ids[] = {conversation_id_direct(STR("alice"), STR("bob")),
                                          conversation_id_direct(STR("alice"), STR("bobb")),
                                          conversation_id_direct(STR("aliceb"), STR("obb")),
                                          conversation_id_direct(STR("alic"), STR("ebob")),
                                          conversation_id_direct(STR("alice"), STR("alice")),
                                          conversation_id_direct(STR("alice"), STR("alicealice")),
                                          conversation_id_direct(STR("bob"), STR("bob"))};
    const size_t n = sizeof ids / sizeof ids[0];

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            assert_string_not_equal(ids[i].text, ids[j].text);
    (void)state;
}

static void one_can_talk_to_oneself(void **state)
{
    struct conversation_id id = conversation_id_direct(STR("alice"), STR("alice"));

    assert_true(conversation_id_is_valid(str_of(id.text)));
    (void)state;
}

/* The id is in Redis as long as the conversation is: how it is made must never change. */
static void a_direct_conversations_id_is_what_it_always_was(void **state)
{
    assert_string_equal(conversation_id_direct(STR("alice"), STR("bob")).text,
                        "dqxgsu6ajwm5k3ii6atbu6wjq");
    (void)state;
}

static void other_texts_are_no_conversation(void **state)
{
    const str bad[] = {STR(""),
                       STR("d"),
                       STR("abcdefghijklmnopqrstuvwx"),
                       STR("xabcdefghijklmnopqrstuvwx"),
                       STR("dabcdefghijklmnopqrstuvw"),
                       STR("dabcdefghijklmnopqrstuvwxy"),
                       STR("Dabcdefghijklmnopqrstuvwx"),
                       STR("d}bcdefghijklmnopqrstuvwx"),
                       STR_NONE};

    assert_true(conversation_id_is_valid(STR("dabcdefghijklmnopqrstuvwx")));
    assert_true(conversation_id_is_valid(STR("rabcdefghijklmnopqrstuvwx")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(conversation_id_is_valid(bad[i]));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_id_is_valid),
        cmocka_unit_test(no_two_ids_are_the_same),
        cmocka_unit_test(all_places_use_the_whole_alphabet),
        cmocka_unit_test(other_texts_are_no_ids),
        cmocka_unit_test(a_room_has_an_id_of_its_own),
        cmocka_unit_test(both_people_find_the_same_direct_conversation),
        cmocka_unit_test(other_people_have_another_one),
        cmocka_unit_test(one_can_talk_to_oneself),
        cmocka_unit_test(a_direct_conversations_id_is_what_it_always_was),
        cmocka_unit_test(other_texts_are_no_conversation),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
