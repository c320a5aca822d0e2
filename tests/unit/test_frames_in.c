#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "frames_in.h"
#include "store/conversation.h"

static struct buf text; /* of the frame at hand */

static struct frame_in parsed(void)
{
    struct frame_in f;
    assert_int_equal(frame_in_parse(buf_view(&text), &f), OK);
    assert_null(f.field);
    return f;
}

/* A frame of type "x" with these other members. */
static struct frame_in frame_with(const char *members)
{
    buf_clear(&text);
    buf_printf(&text, "{\"type\":\"x\",%s}", members);
    return parsed();
}

/* The same with one member: before, n times `part`, after. */
static struct frame_in frame_with_many(const char *before, const char *part, size_t n,
                                       const char *after)
{
    buf_clear(&text);
    buf_printf(&text, "{\"type\":\"x\",%s", before);
    for (size_t i = 0; i < n; i++)
        buf_add_str(&text, str_of(part));
    buf_printf(&text, "%s}", after);
    return parsed();
}

static void expect_good(const struct frame_in *f)
{
    if (f->field != NULL)
        fail_msg("%s %s", f->field, f->why);
}

static void expect_bad(const struct frame_in *f, const char *field)
{
    if (f->field == NULL)
        fail_msg("taken: %.*s", (int)(text.n < 200 ? text.n : 200), text.p);
    assert_string_equal(f->field, field);
    assert_non_null(f->why);
}

/* ---- the frame */

static enum err parse(str frame)
{
    struct frame_in f;
    return frame_in_parse(frame, &f);
}

static void a_frame_is_an_object_with_a_type(void **state)
{
    (void)state;
    struct frame_in f;
    assert_int_equal(frame_in_parse(STR(" {\"id\":\"a1\" , \"type\" : \"send\"} "), &f), OK);
    assert_true(str_eq(f.type, STR("send")));
    assert_true(str_eq(f.id, STR("a1")));
    assert_null(f.field);
    assert_int_equal(frame_in_parse(STR("{\"type\":\"\"}"), &f), OK);
    assert_true(str_eq(f.type, STR("")));
    assert_true(str_is_none(f.id));
}

static void what_is_no_object_is_no_frame(void **state)
{
    (void)state;
    assert_int_equal(parse(STR("")), ERR_INVALID);
    assert_int_equal(parse(STR("null")), ERR_INVALID);
    assert_int_equal(parse(STR("[{\"type\":\"x\"}]")), ERR_INVALID);
    assert_int_equal(parse(STR("\"type\"")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"x\"")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"x\"}{}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"x\",}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"x\",\"type\":\"x\"}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"x\",\"a\":\"\xff\"}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"x\",\"a\":\"\\u0000\"}")), ERR_INVALID);
}

static void the_type_must_be_a_plain_string(void **state)
{
    (void)state;
    assert_int_equal(parse(STR("{}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":null}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":1}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":[\"x\"]}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"type\":\"\\u0078\"}")), ERR_INVALID);
    assert_int_equal(parse(STR("{\"Type\":\"x\"}")), ERR_INVALID);
}

static void a_frame_without_type_still_has_its_id_for_the_answer(void **state)
{
    (void)state;
    struct frame_in f;
    assert_int_equal(frame_in_parse(STR("{\"id\":\"a1\"}"), &f), ERR_INVALID);
    assert_true(str_eq(f.id, STR("a1")));
    assert_int_equal(frame_in_parse(STR("{\"id\":\"a1\""), &f), ERR_INVALID);
    assert_true(str_is_none(f.id));
}

static void a_frame_has_as_many_members_as_the_scanner_allows(void **state)
{
    (void)state;
    for (size_t n = JSON_MEMBERS_MAX - 1; n <= JSON_MEMBERS_MAX; n++) {
        struct frame_in f;
        buf_clear(&text);
        buf_printf(&text, "{\"type\":\"x\"");
        for (size_t i = 0; i < n; i++)
            buf_printf(&text, ",\"%zu\":0", i);
        buf_add_char(&text, '}');
        assert_int_equal(frame_in_parse(buf_view(&text), &f) == OK, n < JSON_MEMBERS_MAX);
    }
}

static void null_is_as_good_as_missing(void **state)
{
    (void)state;
    struct frame_in f = frame_with(
        "\"id\":null,\"text\":null,\"data\":null,\"reply_to\":null,\"limit\":null,\"a\":0");
    assert_false(frame_in_has(&f, "id"));
    assert_false(frame_in_has(&f, "text"));
    assert_false(frame_in_has(&f, "b"));
    assert_true(frame_in_has(&f, "a"));
    assert_true(str_is_none(frame_in_text(&f)));
    assert_true(str_is_none(frame_in_data(&f)));
    assert_true(str_is_none(frame_in_reply_to(&f)));
    assert_true(str_is_none(frame_in_plain(&f, "token")));
    assert_int_equal(frame_in_int(&f, "limit", 1, 9, 5), 5);
    expect_good(&f);
    (void)frame_in_id(&f);
    expect_bad(&f, "id");
    assert_string_equal(f.why, "is missing");
}

static void the_first_bad_field_is_remembered(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"id\":\"\",\"text\":7");
    (void)frame_in_text(&f);
    (void)frame_in_id(&f);
    frame_in_fail(&f, "to", "is silly");
    expect_bad(&f, "text");
    assert_string_equal(f.why, "must be a string");
    f = frame_with("\"id\":\"a\"");
    frame_in_fail(&f, "to", "is silly");
    expect_bad(&f, "to");
    assert_string_equal(f.why, "is silly");
}

/* ---- id */

static void expect_id(const char *id, bool good)
{
    buf_clear(&text);
    buf_printf(&text, "{\"type\":\"x\",\"id\":\"%s\"}", id);
    struct frame_in f = parsed();
    str got = frame_in_id(&f);
    if (good) {
        expect_good(&f);
        assert_true(str_eq(got, str_of(id)));
    } else {
        expect_bad(&f, "id");
        assert_true(str_is_none(got));
    }
}

static void an_id_has_1_to_64_characters(void **state)
{
    (void)state;
    char id[CLIENT_ID_MAX + 2];
    memset(id, 'a', sizeof id);
    id[CLIENT_ID_MAX + 1] = '\0';
    expect_id(id, false);
    id[CLIENT_ID_MAX] = '\0';
    expect_id(id, true);
    expect_id("a", true);
    expect_id("", false);
}

static void an_id_has_only_these_characters(void **state)
{
    (void)state;
    expect_id("AZaz09._:-", true);
    for (int c = ' '; c < 127; c++) {
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    strchr("._:-", c) != NULL;
        if (c != '"' && c != '\\')
            expect_id((char[]){'x', (char)c, '\0'}, good);
    }
    expect_id("\xc3\xa9", false);
    expect_id("\\u0061", false);
    expect_id("a\\n", false);
}

static void an_id_is_a_string(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"id\":7");
    assert_true(str_is_none(frame_in_id(&f)));
    expect_bad(&f, "id");
    f = frame_with("\"to\":\"bob\"");
    assert_true(str_is_none(frame_in_id(&f)));
    expect_bad(&f, "id");
}

/* ---- text */

static void expect_text(const char *part, size_t n, bool good)
{
    struct frame_in f = frame_with_many("\"text\":\"", part, n, "\"");
    str got = frame_in_text(&f);
    if (!good) {
        expect_bad(&f, "text");
        return;
    }
    expect_good(&f);
    assert_int_equal(got.n, 2 + n * strlen(part)); /* as it was sent, quotes included */
    assert_true(got.p[0] == '"' && got.p[got.n - 1] == '"');
    assert_true(got.p > text.p && got.p + got.n < text.p + text.n);
}

static void a_text_has_1_to_16384_bytes(void **state)
{
    (void)state;
    expect_text("a", 0, false);
    expect_text("a", 1, true);
    expect_text("a", TEXT_MAX, true);
    expect_text("a", TEXT_MAX + 1, false);
}

static void bytes_are_counted_not_characters(void **state)
{
    (void)state;
    expect_text("\xc3\xa9", TEXT_MAX / 2, true);
    expect_text("\xc3\xa9", TEXT_MAX / 2 + 1, false);
    expect_text("\xf0\x9f\x98\x80", TEXT_MAX / 4, true);
    expect_text("\xf0\x9f\x98\x80", TEXT_MAX / 4 + 1, false);
    expect_text("\xe2\x82\xac", TEXT_MAX / 3, true);
    expect_text("\xe2\x82\xac", TEXT_MAX / 3 + 1, false);
}

static void escapes_count_as_what_they_stand_for(void **state)
{
    (void)state;
    expect_text("\\n", TEXT_MAX, true);
    expect_text("\\n", TEXT_MAX + 1, false);
    expect_text("\\\"", TEXT_MAX, true);
    expect_text("\\u000a", 10000, true); /* 60,000 bytes as it was sent */
    expect_text("\\u00e9", TEXT_MAX / 2, true);
    expect_text("\\u00e9", TEXT_MAX / 2 + 1, false);
    expect_text("\\u20ac", TEXT_MAX / 3, true);
    expect_text("\\u20ac", TEXT_MAX / 3 + 1, false);
    expect_text("\\ud83d\\ude00", TEXT_MAX / 4, true);
    expect_text("\\ud83d\\ude00", TEXT_MAX / 4 + 1, false);
}

static void a_text_is_a_string(void **state)
{
    (void)state;
    static const char *const BAD[] = {"7", "true", "false", "{}", "[]", "[\"a\"]"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct frame_in f = frame_with_many("\"text\":", BAD[i], 1, "");
        (void)frame_in_text(&f);
        expect_bad(&f, "text");
    }
}

/* ---- data */

/* An object of `n` bytes. */
static struct frame_in frame_with_data(size_t n)
{
    return frame_with_many("\"data\":{\"a\":\"", "x", n - strlen("{\"a\":\"\"}"), "\"}");
}

static void data_is_an_object_of_at_most_16384_bytes(void **state)
{
    (void)state;
    struct frame_in f = frame_with_data(DATA_MAX);
    assert_int_equal(frame_in_data(&f).n, DATA_MAX);
    expect_good(&f);
    f = frame_with_data(DATA_MAX + 1);
    (void)frame_in_data(&f);
    expect_bad(&f, "data");
    f = frame_with("\"data\":{}");
    assert_true(str_eq(frame_in_data(&f), STR("{}")));
    expect_good(&f);
}

static void data_is_handed_out_as_it_was_sent(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"data\" :  { \"b\" : 1e3 , \"a\":[ \"\\u00e9\" ] }  ");
    assert_true(str_eq(frame_in_data(&f), STR("{ \"b\" : 1e3 , \"a\":[ \"\\u00e9\" ] }")));
    expect_good(&f);
}

static void data_is_nothing_else(void **state)
{
    (void)state;
    static const char *const BAD[] = {"7", "true", "\"{}\"", "[]", "[{}]"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct frame_in f = frame_with_many("\"data\":", BAD[i], 1, "");
        (void)frame_in_data(&f);
        expect_bad(&f, "data");
    }
}

/* ---- reply_to */

static void expect_reply_to(const char *json, bool good)
{
    struct frame_in f = frame_with_many("\"reply_to\":", json, 1, "");
    str got = frame_in_reply_to(&f);
    if (!good) {
        expect_bad(&f, "reply_to");
        return;
    }
    expect_good(&f);
    assert_true(str_eq(got, str_of(json)));
}

static void a_reply_is_to_a_seq_or_an_id(void **state)
{
    (void)state;
    expect_reply_to("1", true);
    expect_reply_to("9007199254740991", true);
    expect_reply_to("\"a1\"", true);
    expect_reply_to("\"7\"", true);
    expect_reply_to("0", false);
    expect_reply_to("-1", false);
    expect_reply_to("-0", false);
    expect_reply_to("9007199254740992", false);
    expect_reply_to("99999999999999999999", false);
    expect_reply_to("1.0", false);
    expect_reply_to("1e2", false);
    expect_reply_to("\"\"", false);
    expect_reply_to("\"a b\"", false);
    expect_reply_to("\"\\u0061\"", false);
    expect_reply_to("true", false);
    expect_reply_to("{}", false);
    expect_reply_to("[1]", false);
}

static void the_id_replied_to_has_1_to_64_characters(void **state)
{
    (void)state;
    struct frame_in f = frame_with_many("\"reply_to\":\"", "a", CLIENT_ID_MAX, "\"");
    assert_int_equal(frame_in_reply_to(&f).n, CLIENT_ID_MAX + 2);
    expect_good(&f);
    f = frame_with_many("\"reply_to\":\"", "a", CLIENT_ID_MAX + 1, "\"");
    (void)frame_in_reply_to(&f);
    expect_bad(&f, "reply_to");
}

/* ---- conversation and user */

static void a_conversation_may_be_one_that_cannot_exist(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"conversation\":\"rabcdefghijklmnopqrstuvwx\"");
    assert_true(str_eq(frame_in_conversation(&f), STR("rabcdefghijklmnopqrstuvwx")));
    expect_good(&f);
    static const char *const NONE[] = {"\"\"",
                                       "\"x\"",
                                       "\"xabcdefghijklmnopqrstuvwx\"",
                                       "\"rabcdefghijklmnopqrstuvw\"",
                                       "\"rabcdefghijklmnopqrstuvwxy\"",
                                       "\"rabcdefghijklmnopqrstuvw1\"",
                                       "\"rabcdefghijklmnopqrstuvw}\"",
                                       "\"rABCDEFGHIJKLMNOPQRSTUVWX\"",
                                       "\"\\u0072abcdefghijklmnopqrstuvwx\""};
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        f = frame_with_many("\"conversation\":", NONE[i], 1, "");
        assert_true(str_is_none(frame_in_conversation(&f)));
        expect_good(&f);
    }
}

static void a_conversation_is_a_string_that_must_be_there(void **state)
{
    (void)state;
    static const char *const BAD[] = {"7", "null", "[]", "{}", "true"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct frame_in f = frame_with_many("\"conversation\":", BAD[i], 1, "");
        assert_true(str_is_none(frame_in_conversation(&f)));
        expect_bad(&f, "conversation");
    }
}

static void expect_user(const char *json, const char *name)
{
    struct frame_in f = frame_with_many("\"to\":", json, 1, "");
    struct username got = frame_in_user(&f, "to");
    if (name != NULL) {
        expect_good(&f);
        assert_string_equal(got.text, name);
    } else {
        expect_bad(&f, "to");
        assert_string_equal(got.text, "");
    }
}

static void a_user_is_a_username_in_lower_case(void **state)
{
    (void)state;
    expect_user("\"bob\"", "bob");
    expect_user("\"B.o_B-9\"", "b.o_b-9");
    expect_user("\"abcdefghijklmnopqrstuvwxyz012345\"", "abcdefghijklmnopqrstuvwxyz012345");
    expect_user("\"abcdefghijklmnopqrstuvwxyz0123456\"", NULL);
    expect_user("\"bo\"", NULL);
    expect_user("\"\"", NULL);
    expect_user("\".bob\"", NULL);
    expect_user("\"b b\"", NULL);
    expect_user("\"b\xc3\xb6"
                "b\"",
                NULL);
    expect_user("\"\\u0062ob\"", NULL);
    expect_user("7", NULL);
    expect_user("null", NULL);
    struct frame_in f = frame_with("\"id\":\"a\"");
    (void)frame_in_user(&f, "to");
    expect_bad(&f, "to");
}

/* ---- numbers and plain strings */

static void expect_int(const char *json, int64_t value)
{
    struct frame_in f = frame_with_many("\"limit\":", json, 1, "");
    assert_int_equal(frame_in_int(&f, "limit", 1, PAGE_MAX, PAGE_DEFAULT), value);
    expect_good(&f);
}

static void expect_no_int(const char *json)
{
    struct frame_in f = frame_with_many("\"limit\":", json, 1, "");
    (void)frame_in_int(&f, "limit", 1, PAGE_MAX, PAGE_DEFAULT);
    expect_bad(&f, "limit");
}

static void a_number_is_whole_and_within_its_range(void **state)
{
    (void)state;
    expect_int("1", 1);
    expect_int("200", 200);
    expect_int("null", PAGE_DEFAULT);
    expect_no_int("0");
    expect_no_int("201");
    expect_no_int("-1");
    expect_no_int("1.5");
    expect_no_int("1.0");
    expect_no_int("1e1");
    expect_no_int("\"1\"");
    expect_no_int("true");
    expect_no_int("[]");
    expect_no_int("9223372036854775808");
    expect_no_int("123456789012345678901234567890");
}

static void the_fallback_need_not_be_in_the_range(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"id\":\"a\"");
    assert_int_equal(frame_in_int(&f, "before", 1, SEQ_MAX, -1), -1);
    expect_good(&f);
}

static void a_plain_string_has_no_escapes(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"token\":\"ey.a-b_c\",\"empty\":\"\"");
    assert_true(str_eq(frame_in_plain(&f, "token"), STR("ey.a-b_c")));
    assert_int_equal(frame_in_plain(&f, "empty").n, 0);
    assert_true(str_is_none(frame_in_plain(&f, "other")));
    expect_good(&f);
    f = frame_with("\"token\":\"a\\u0062\"");
    assert_true(str_is_none(frame_in_plain(&f, "token")));
    expect_bad(&f, "token");
    f = frame_with("\"token\":7");
    assert_true(str_is_none(frame_in_plain(&f, "token")));
    expect_bad(&f, "token");
}

static int forget(void **state)
{
    (void)state;
    buf_fini(&text);
    return 0;
}

static void a_target_is_a_user_or_a_conversation(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"to\":\"Bob\"");
    struct frame_target t = frame_in_target(&f, STR("alice"));
    struct conversation_id direct = conversation_id_direct(STR("bob"), STR("alice"));
    assert_null(f.field);
    assert_true(t.is_user);
    assert_string_equal(t.peer.text, "bob");
    assert_string_equal(t.conversation.text, direct.text);

    f = frame_with("\"conversation\":\"rmfzwizlsmzxw6ytboi2dcnjw\"");
    t = frame_in_target(&f, STR("alice"));
    assert_null(f.field);
    assert_false(t.is_user);
    assert_string_equal(t.conversation.text, "rmfzwizlsmzxw6ytboi2dcnjw");

    f = frame_with("\"conversation\":\"nowhere\"");
    t = frame_in_target(&f, STR("alice"));
    assert_null(f.field);
    assert_string_equal(t.conversation.text, "");

    static const char *const BAD[] = {"\"to\":\"bob\",\"conversation\":\"r\"", "\"a\":1",
                                      "\"to\":1", "\"to\":\"-\""};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        f = frame_with(BAD[i]);
        (void)frame_in_target(&f, STR("alice"));
        assert_string_equal(f.field, "to");
    }
}

static void yes_and_no_are_true_and_false(void **state)
{
    (void)state;
    struct frame_in f = frame_with("\"a\":true,\"b\":false,\"c\":\"true\",\"d\":null");
    assert_true(frame_in_bool(&f, "a"));
    assert_false(frame_in_bool(&f, "b"));
    assert_null(f.field);
    (void)frame_in_bool(&f, "c");
    assert_string_equal(f.field, "c");
    f.field = NULL;
    (void)frame_in_bool(&f, "d");
    assert_string_equal(f.field, "d");
    assert_string_equal(f.why, "is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_an_object_with_a_type),
        cmocka_unit_test(what_is_no_object_is_no_frame),
        cmocka_unit_test(the_type_must_be_a_plain_string),
        cmocka_unit_test(a_frame_without_type_still_has_its_id_for_the_answer),
        cmocka_unit_test(a_frame_has_as_many_members_as_the_scanner_allows),
        cmocka_unit_test(null_is_as_good_as_missing),
        cmocka_unit_test(the_first_bad_field_is_remembered),
        cmocka_unit_test(an_id_has_1_to_64_characters),
        cmocka_unit_test(an_id_has_only_these_characters),
        cmocka_unit_test(an_id_is_a_string),
        cmocka_unit_test(a_text_has_1_to_16384_bytes),
        cmocka_unit_test(bytes_are_counted_not_characters),
        cmocka_unit_test(escapes_count_as_what_they_stand_for),
        cmocka_unit_test(a_text_is_a_string),
        cmocka_unit_test(data_is_an_object_of_at_most_16384_bytes),
        cmocka_unit_test(data_is_handed_out_as_it_was_sent),
        cmocka_unit_test(data_is_nothing_else),
        cmocka_unit_test(a_reply_is_to_a_seq_or_an_id),
        cmocka_unit_test(the_id_replied_to_has_1_to_64_characters),
        cmocka_unit_test(a_conversation_may_be_one_that_cannot_exist),
        cmocka_unit_test(a_conversation_is_a_string_that_must_be_there),
        cmocka_unit_test(a_user_is_a_username_in_lower_case),
        cmocka_unit_test(a_number_is_whole_and_within_its_range),
        cmocka_unit_test(the_fallback_need_not_be_in_the_range),
        cmocka_unit_test(a_plain_string_has_no_escapes),
        cmocka_unit_test(a_target_is_a_user_or_a_conversation),
        cmocka_unit_test(yes_and_no_are_true_and_false),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
