#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/json_scan.h"

#define REFUSED(text) assert_int_equal(json_check(STR(text)), ERR_INVALID)
#define ACCEPTED(text) assert_int_equal(json_check(STR(text)), OK)

/* A copy of exactly its size on the heap, so that AddressSanitizer sees a byte read too many. */
static enum err check_exact(str text)
{
    char *copy = malloc(text.n ? text.n : 1);
    assert_non_null(copy);
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    enum err err = json_check(str_from(copy, text.n));
    free(copy);
    return err;
}

static void assert_all(const str *texts, size_t n, enum err expected)
{
    for (size_t i = 0; i < n; i++)
        if (check_exact(texts[i]) != expected)
            fail_msg("%s: %.*s", err_name(check_exact(texts[i])), STR_ARG(texts[i]));
}

#define ASSERT_ALL(texts, expected) assert_all(texts, sizeof texts / sizeof texts[0], expected)

static void every_kind_of_value_is_accepted(void **state)
{
    const str good[] = {STR("{}"),
                        STR("[]"),
                        STR("\"\""),
                        STR("0"),
                        STR("true"),
                        STR("false"),
                        STR("null"),
                        STR(" [ ] "),
                        STR("\t\r\n {\r\n}\t"),
                        STR("[1,2 , 3]"),
                        STR("{\"a\":{\"b\":[{}]}}"),
                        STR("[null, 1, \"1\", {}]"),
                        STR("[[],[[]]]"),
                        STR("{\"\":0}"),
                        STR("{\"a\":1,\"b\":2}"),
                        STR("\"a/b\""),
                        STR("{\"a\":[],\"b\":[]}"),
                        STR("[true,false,null]"),
                        STR("{\"a b\" : 1 }")};
    ASSERT_ALL(good, OK);
    (void)state;
}

static void broken_structure_is_refused(void **state)
{
    const str bad[] = {
        STR(""),           STR(" "),          STR("{"),          STR("}"),
        STR("["),          STR("]"),          STR("[1"),         STR("[1,"),
        STR("[1,]"),       STR("[,1]"),       STR("[1 2]"),      STR("[1,,2]"),
        STR("[1}"),        STR("{]"),         STR("{\"a\"}"),    STR("{\"a\":}"),
        STR("{\"a\":1,}"), STR("{,}"),        STR("{\"a\" 1}"),  STR("{\"a\"::1}"),
        STR("{a:1}"),      STR("{'a':1}"),    STR("{1:1}"),      STR("{\"a\":1 \"b\":2}"),
        STR("{\"a\":1"),   STR("{\"a"),       STR("{\"a\""),     STR("{\"a\":"),
        STR("{null:1}"),   STR("[\"a\":1]"),  STR("{\"a\",1}"),  STR("[/*c*/]"),
        STR("[] // c"),    STR("[1]\f"),      STR("\v[1]"),      STR("[\0]"),
        STR("\0"),         STR("\xC2\xA0[]"), STR("{\"a\":1}}"), STR("[]]"),
        STR("[][]"),       STR("1 2"),        STR("{}x"),        STR("[1]\0"),
        STR("{}{}"),       STR("(1)"),        STR("<null>"),     STR("*"),
        STR(","),          STR(":")};
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void words_are_exact(void **state)
{
    const str bad[] = {STR("t"),        STR("tru"),       STR("truth"),       STR("True"),
                       STR("nul"),      STR("nulll"),     STR("fals"),        STR("FALSE"),
                       STR("[nul]"),    STR("undefined"), STR("NaN"),         STR("nan"),
                       STR("Infinity"), STR("-Infinity"), STR("[truefalse]"), STR("true false")};
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void numbers_follow_the_grammar(void **state)
{
    const str good[] = {STR("0"),
                        STR("-0"),
                        STR("-1"),
                        STR("123"),
                        STR("0.5"),
                        STR("-0.0"),
                        STR("1e5"),
                        STR("1E5"),
                        STR("1e+5"),
                        STR("1e-5"),
                        STR("0e0"),
                        STR("0E+1"),
                        STR("1.5e3"),
                        STR("1e01"),
                        STR("[-0]"),
                        STR("9223372036854775808"),
                        STR("123456789012345678901234567890")};
    const str bad[] = {STR("-"),     STR("+1"),    STR("01"),           STR("-01"),   STR("00"),
                       STR("1."),    STR(".5"),    STR("-.5"),          STR("1.e5"),  STR("1e"),
                       STR("1e+"),   STR("1e-"),   STR("e5"),           STR("1.5.5"), STR("0x10"),
                       STR("1_000"), STR("--1"),   STR("1-1"),          STR("[1a]"),  STR("1e1.5"),
                       STR("- 1"),   STR("[0 1]"), STR("\xEF\xBC\x91"), STR("1,5")};
    ASSERT_ALL(good, OK);
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void numbers_stay_within_a_double(void **state)
{
    const str good[] = {STR("1e308"),
                        STR("1.7976931348623157e308"),
                        STR("-1.7976931348623157E+308"),
                        STR("1e-400"),
                        STR("0e999999999999"),
                        STR("0.0000001e310"),
                        STR("1e-99999999999999999999"),
                        STR("1e0000000001")};
    const str bad[] = {STR("1e400"),   STR("-1e400"), STR("1.7976931348623159e308"),
                       STR("[1e309]"), STR("10e308"), STR("1e99999999999999999999")};
    ASSERT_ALL(good, OK);
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void long_runs_of_digits_are_judged_too(void **state)
{
    struct buf text = {0};

    for (int i = 0; i < 309; i++)
        buf_add_char(&text, '1');
    assert_int_equal(check_exact(buf_view(&text)), OK); /* 1.1e308 */
    buf_add_char(&text, '1');
    assert_int_equal(check_exact(buf_view(&text)), ERR_INVALID);
    buf_add_str(&text, STR("e-5"));
    assert_int_equal(check_exact(buf_view(&text)), OK);
    buf_fini(&text);
    (void)state;
}

static void strings_hold_any_utf8_and_every_escape(void **state)
{
    const str good[] = {STR("\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t\""),
                        STR("\"\\u0041\\u00e9\\u20AC\""),
                        STR("\"\\ud83d\\ude00\""),
                        STR("\"\\uD83D\\uDE00x\""),
                        STR("\"\xF0\x9F\x98\x80\""),
                        STR("\"\xC3\xA9 \xE2\x82\xAC\""),
                        STR("\"\x7F\""),
                        STR("\"\xE2\x80\xA8\""),
                        STR("\"\\uFFFF\\uFFFE\""),
                        STR("\"\xEF\xBB\xBF\""),
                        STR("\"\\\\u0000\""),
                        STR("\"'\""),
                        STR("\"\\u0001\\u001f\""),
                        STR("\"12345678\\n1234567\""),
                        STR("\"1234567\\\"89\"")};
    ASSERT_ALL(good, OK);
    (void)state;
}

static void broken_strings_are_refused(void **state)
{
    const str bad[] = {STR("\""),
                       STR("\"a"),
                       STR("\"\\\""),
                       STR("\"\\"),
                       STR("\"\\x41\""),
                       STR("\"\\a\""),
                       STR("\"\\0\""),
                       STR("\"\\\0\""),
                       STR("\"\\'\""),
                       STR("\"\\U0041\""),
                       STR("\"\\u\""),
                       STR("\"\\u12\""),
                       STR("\"\\u123\""),
                       STR("\"\\u12g4\""),
                       STR("\"\\u 123\""),
                       STR("\"\\u+123\""),
                       STR("\"\\u123"),
                       STR("\"\n\""),
                       STR("\"\t\""),
                       STR("\"\0\""),
                       STR("\"\x1F\""),
                       STR("'a'"),
                       STR("\"12345678\x01\""),
                       STR("\"1234567890\r12345678\""),
                       STR("abc"),
                       STR("\"a\\"),
                       STR("\"a\"b\""),
                       STR("\"\\\xC3\xA9\""),
                       STR("\"\\u00\xC3\xA9\"")};
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void a_surrogate_alone_is_refused(void **state)
{
    const str bad[] = {STR("\"\\ud800\""),
                       STR("\"\\udc00\""),
                       STR("\"\\ud800x\""),
                       STR("\"\\ud800\\n\""),
                       STR("\"\\ud800\\u0041\""),
                       STR("\"\\ud800\\ud800\""),
                       STR("\"\\udc00\\ud800\""),
                       STR("\"\\ud800\\udc0\""),
                       STR("\"\\uD83D\\\\uDE00\""),
                       STR("{\"\\udfff\":1}"),
                       STR("\"\\ud800\\udc00\\udc00\""),
                       STR("\"\\udbff\"")};
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void an_escaped_nul_is_refused(void **state)
{
    REFUSED("\"\\u0000\"");
    REFUSED("\"a\\u0000b\"");
    REFUSED("{\"\\u0000\":1}");
    (void)state;
}

static void invalid_utf8_is_refused(void **state)
{
    const str bad[] = {STR("\"\xFF\""),
                       STR("\"\x80\""),
                       STR("\"\xC3\""),
                       STR("\"\xC0\x80\""),
                       STR("\"\xC1\xBF\""),
                       STR("\"\xE0\x80\x80\""),
                       STR("\"\xED\xA0\x80\""),
                       STR("\"\xF4\x90\x80\x80\""),
                       STR("\"\xF5\x80\x80\x80\""),
                       STR("\"\xE2\x82\""),
                       STR("\"\xF0\x9F\x98\""),
                       STR("[\xE9]"),
                       STR("{\"\xFF\":1}"),
                       STR("\"12345678\xFE\""),
                       STR("\xC3")};
    ASSERT_ALL(bad, ERR_INVALID);
    (void)state;
}

static void other_encodings_and_a_byte_order_mark_are_refused(void **state)
{
    REFUSED("\xEF\xBB\xBF{}");
    REFUSED("\xEF\xBB\xBF");
    REFUSED("\xFF\xFE{\0}\0");
    REFUSED("\0{\0}");
    (void)state;
}

static void nested(struct buf *text, size_t depth, const char *open, const char *close)
{
    buf_clear(text);
    for (size_t i = 0; i < depth; i++)
        buf_add_str(text, str_of(open));
    buf_add_char(text, '1');
    for (size_t i = 0; i < depth; i++)
        buf_add_str(text, str_of(close));
}

static void sixteen_levels_are_the_most(void **state)
{
    struct buf text = {0};

    nested(&text, JSON_DEPTH_MAX, "[", "]");
    assert_int_equal(check_exact(buf_view(&text)), OK);
    nested(&text, JSON_DEPTH_MAX + 1, "[", "]");
    assert_int_equal(check_exact(buf_view(&text)), ERR_INVALID);
    nested(&text, JSON_DEPTH_MAX, "{\"a\":", "}");
    assert_int_equal(check_exact(buf_view(&text)), OK);
    nested(&text, JSON_DEPTH_MAX + 1, "{\"a\":", "}");
    assert_int_equal(check_exact(buf_view(&text)), ERR_INVALID);
    nested(&text, JSON_DEPTH_MAX / 2, "[{\"a\":", "}]");
    assert_int_equal(check_exact(buf_view(&text)), OK);
    nested(&text, 100000, "[", "]");
    assert_int_equal(check_exact(buf_view(&text)), ERR_INVALID);
    buf_fini(&text);
    (void)state;
}

static void levels_side_by_side_do_not_add_up(void **state)
{
    struct buf text = {0};

    buf_add_char(&text, '[');
    for (int i = 0; i < 100; i++)
        buf_add_str(&text, STR("[[{}]],"));
    buf_add_str(&text, STR("0]"));
    assert_int_equal(check_exact(buf_view(&text)), OK);
    buf_fini(&text);
    (void)state;
}

static void a_key_twice_is_refused(void **state)
{
    REFUSED("{\"a\":1,\"a\":2}");
    REFUSED("{\"a\":1,\"b\":2,\"c\":3,\"a\":1}");
    REFUSED("{\"\":1,\"\":2}");
    REFUSED("[[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]]");
    REFUSED("{\"a\":{\"a\":1},\"b\":1,\"a\":2}");
    (void)state;
}

static void the_same_key_in_different_objects_is_fine(void **state)
{
    ACCEPTED("{\"a\":{\"a\":{\"a\":1}}}");
    ACCEPTED("[{\"a\":1},{\"a\":1}]");
    ACCEPTED("{\"x\":{\"a\":1},\"y\":{\"a\":1},\"a\":1}");
    (void)state;
}

static void keys_are_compared_after_unescaping(void **state)
{
    REFUSED("{\"a\":1,\"\\u0061\":2}");
    REFUSED("{\"\\u0061\":1,\"a\":2}");
    REFUSED("{\"\\u0061\":1,\"\\u0061\":2}");
    REFUSED("{\"\\u00e9\":1,\"\xC3\xA9\":2}");
    REFUSED("{\"\\u00E9\":1,\"\\u00e9\":2}");
    REFUSED("{\"\\u20ac\":1,\"\xE2\x82\xAC\":2}");
    REFUSED("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}");
    REFUSED("{\"\\/\":1,\"/\":2}");
    REFUSED("{\"\\n\":1,\"\\u000a\":2}");
    REFUSED("{\"x\":{\"\\\"\":1,\"\\u0022\":2}}");
    REFUSED("{\"\\b\\f\\r\\t\":1,\"\\u0008\\u000c\\u000d\\u0009\":2}");
    ACCEPTED("{\"a\":1,\"\\u0062\":2}");
    ACCEPTED("{\"a\":1,\"\\u0061b\":2}");
    ACCEPTED("{\"\\\\u0061\":1,\"\\u0061\":2}");
    ACCEPTED("{\"\\ud83d\\ude00\":1,\"\\ud83d\\ude01\":2}");
    (void)state;
}

/* `n` different keys, and `last` as one more. */
static void many_keys(struct buf *text, int n, const char *last)
{
    buf_clear(text);
    buf_add_str(text, STR("{\"o\":{"));
    for (int i = 0; i < n; i++)
        buf_printf(text, "\"k%d\":%d,", i, i);
    buf_printf(text, "\"%s\":0}}", last);
}

static void a_key_twice_among_many_is_found(void **state)
{
    struct buf text = {0};

    for (int n = 1; n <= 300; n += 13) {
        many_keys(&text, n, "other");
        assert_int_equal(check_exact(buf_view(&text)), OK);
        many_keys(&text, n, "k0");
        assert_int_equal(check_exact(buf_view(&text)), ERR_INVALID);
        many_keys(&text, n, "\\u006b0");
        assert_int_equal(check_exact(buf_view(&text)), ERR_INVALID);
        many_keys(&text, n, "\\u006b0x");
        assert_int_equal(check_exact(buf_view(&text)), OK);
    }
    buf_fini(&text);
    (void)state;
}

/* Escaped and plain keys in one order: were they not, sorting would leave equal ones apart. */
static void escaped_keys_sort_among_plain_ones(void **state)
{
    struct buf text = {0};

    for (int twice = 0; twice <= 1; twice++) {
        buf_clear(&text);
        buf_add_char(&text, '{');
        buf_add_str(&text, STR("\"o\":{"));
        for (int i = 0; i < 60; i++)
            buf_printf(&text, i % 2 ? "\"k%02d\":0," : "\"\\u006b%02d\":0,", i);
        for (int i = 1; i <= 20; i++) /* shorter ones that come later */
            buf_printf(&text, "\"%.*s\":0,", i, "zzzzzzzzzzzzzzzzzzzz");
        buf_add_str(&text, STR("\"\xC3\xA9\":0,\"\\u00ea\":0,"));
        buf_printf(&text, "\"k%02d\":0}}", twice ? 42 : 99);
        assert_int_equal(check_exact(buf_view(&text)), twice ? ERR_INVALID : OK);
    }
    buf_fini(&text);
    (void)state;
}

static int64_t us_to_check(const struct buf *text, enum err expected)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t from = clock_mono_us();
        assert_int_equal(json_check(buf_view(text)), expected);
        int64_t took = clock_mono_us() - from;
        best = took < best ? took : best;
    }
    return best;
}

/* 64 KiB of one object. Quadratic, these take 20 ms and more; the limit leaves room for sanitizers. */
static void many_keys_do_not_make_it_slow(void **state)
{
    const char *const prefixes[] = {"", "\\u0061", "aaaaaaaaaaaa", "\\n\\n\\n\\n\\n\\n"};
    const int64_t limit_us = 15000;
    struct buf text = {0};

    for (size_t p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++) {
        buf_clear(&text);
        buf_add_str(&text, STR("[{"));
        for (unsigned i = 0; text.n < 65500; i++)
            buf_printf(&text, "\"%s%04x\":0,", prefixes[p], i * 40503 & 0xFFFF); /* no order */
        buf_add_str(&text, STR("\"\":0}]"));
        int64_t us = us_to_check(&text, OK);
        print_message("keys that begin with \"%s\": %lld us\n", prefixes[p], (long long)us);
        assert_true(us < limit_us);
    }
    buf_fini(&text);
    (void)state;
}

static void members_are_slices_of_the_text(void **state)
{
    struct json_object object;
    str text =
        STR(" { \"a\" : \"x\\n\" , \"b\":[1, {\"c\":2}],\"d\":{\"e\":{}} ,\"f\":-1.5e3,\"g\":true,"
            "\"h\":false,\"i\":null,\"\\u006a\":0 } ");

    assert_int_equal(json_scan_object(text, &object), OK);
    assert_int_equal(object.n, 8);
    const struct {
        const char *key;
        const char *raw;
        enum json_kind kind;
    } expected[] = {
        {"a", "\"x\\n\"", JSON_KIND_STRING},   {"b", "[1, {\"c\":2}]", JSON_KIND_ARRAY},
        {"d", "{\"e\":{}}", JSON_KIND_OBJECT}, {"f", "-1.5e3", JSON_KIND_NUMBER},
        {"g", "true", JSON_KIND_TRUE},         {"h", "false", JSON_KIND_FALSE},
        {"i", "null", JSON_KIND_NULL},         {"\\u006a", "0", JSON_KIND_NUMBER},
    };
    for (size_t i = 0; i < object.n; i++) {
        const struct json_member *member = &object.members[i];
        assert_true(str_eq(member->key, str_of(expected[i].key)));
        assert_true(str_eq(member->raw, str_of(expected[i].raw)));
        assert_int_equal(member->kind, expected[i].kind);
        assert_true(member->raw.p > text.p && member->raw.p < text.p + text.n);
        assert_ptr_equal(json_find(&object, expected[i].key), member);
    }
    (void)state;
}

static void only_members_of_the_frame_itself_are_found(void **state)
{
    struct json_object object;

    assert_int_equal(json_scan_object(STR("{\"x\":{\"in\":1},\"\\u0061\":2,\"ab\":3}"), &object),
                     OK);
    assert_int_equal(object.n, 3);
    assert_null(json_find(&object, "in"));
    assert_null(json_find(&object, "a"));
    assert_null(json_find(&object, ""));
    assert_non_null(json_find(&object, "ab"));
    (void)state;
}

static void a_frame_must_be_an_object(void **state)
{
    struct json_object object;
    const str bad[] = {STR("[]"),   STR("\"a\""), STR("1"),   STR("null"),
                       STR("[{}]"), STR(""),      STR("{}[]")};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(json_scan_object(bad[i], &object), ERR_INVALID);
    assert_int_equal(json_scan_object(STR("{}"), &object), OK);
    assert_int_equal(object.n, 0);
    (void)state;
}

static void members_of_objects_in_an_array_are_not_the_frames(void **state)
{
    struct json_object object;

    assert_int_equal(json_scan_object(STR("[{\"a\":1}]"), &object), ERR_INVALID);
    assert_int_equal(json_scan_object(STR("{\"l\":[{\"a\":1},{\"b\":1}]}"), &object), OK);
    assert_int_equal(object.n, 1);
    (void)state;
}

static void a_frame_has_at_most_32_members(void **state)
{
    struct json_object object;
    struct buf text = {0};

    for (int n = JSON_MEMBERS_MAX; n <= JSON_MEMBERS_MAX + 1; n++) {
        buf_clear(&text);
        for (int i = 0; i < n; i++)
            buf_printf(&text, "%s\"k%d\":0", i == 0 ? "{" : ",", i);
        buf_add_char(&text, '}');
        enum err expected = n > JSON_MEMBERS_MAX ? ERR_TOO_BIG : OK;
        assert_int_equal(json_scan_object(buf_view(&text), &object), expected);
        assert_int_equal(json_check(buf_view(&text)), OK);
    }
    assert_int_equal(object.n, JSON_MEMBERS_MAX);
    buf_fini(&text);
    (void)state;
}

static struct json_member member_of(const char *value)
{
    static char text[256];
    struct json_object object;

    (void)snprintf(text, sizeof text, "{\"v\":%s}", value);
    assert_int_equal(json_scan_object(str_of(text), &object), OK);
    return object.members[0];
}

static void a_plain_string_is_what_stands_between_the_quotes(void **state)
{
    struct json_member member = member_of("\"alice \xC3\xA9\"");
    str text;

    assert_true(json_plain_string(&member, &text));
    assert_true(str_eq(text, STR("alice \xC3\xA9")));
    member = member_of("\"\"");
    assert_true(json_plain_string(&member, &text));
    assert_int_equal(text.n, 0);
    member = member_of("\"a\\nb\"");
    assert_false(json_plain_string(&member, &text));
    member = member_of("12");
    assert_false(json_plain_string(&member, &text));
    member = member_of("[\"a\"]");
    assert_false(json_plain_string(&member, &text));
    (void)state;
}

static void the_length_of_a_text_is_that_after_unescaping(void **state)
{
    assert_int_equal(json_text_length(STR("\"\"")), 0);
    assert_int_equal(json_text_length(STR("\"abc\"")), 3);
    assert_int_equal(json_text_length(STR("\"\xC3\xA9\"")), 2);
    assert_int_equal(json_text_length(STR("\"a\\nb\\\\\"")), 4);
    assert_int_equal(json_text_length(STR("\"\\u0041\"")), 1);
    assert_int_equal(json_text_length(STR("\"\\u00e9\"")), 2);
    assert_int_equal(json_text_length(STR("\"\\u20ac\"")), 3);
    assert_int_equal(json_text_length(STR("\"\\ud83d\\ude00 \\u0041b\"")), 7);
    (void)state;
}

static void only_whole_numbers_are_integers(void **state)
{
    const char *const others[] = {
        "1.0",  "1e2", "9223372036854775808", "-9223372036854775809", "\"1\"", "true",
        "null", "[1]"};
    struct json_member member = member_of("9223372036854775807");
    int64_t value = 0;

    assert_true(json_member_integer(&member, &value));
    assert_true(value == INT64_MAX);
    member = member_of("-9223372036854775808");
    assert_true(json_member_integer(&member, &value));
    assert_true(value == INT64_MIN);
    member = member_of("-0");
    assert_true(json_member_integer(&member, &value));
    assert_true(value == 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        member = member_of(others[i]);
        assert_false(json_member_integer(&member, &value));
    }
    (void)state;
}

/* Every text cut short anywhere is refused, and never read beyond its end. */
static void a_text_cut_short_is_refused(void **state)
{
    str text = STR("{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\xE2\x82\xAC\"],"
                   "\"b\":{\"c\":{},\"d\":[]}}");

    assert_int_equal(check_exact(text), OK);
    for (size_t n = 0; n < text.n; n++)
        assert_int_equal(check_exact(str_from(text.p, n)), ERR_INVALID);
    (void)state;
}

static bool count_members(void *context, const struct json_member *member)
{
    int *n = context;
    int64_t value;

    assert_true(json_member_integer(member, &value));
    assert_int_equal(value, *n);
    return ++*n != 1500;
}

/* More than a frame may have; and it may be ended half-way. */
static void an_object_of_any_size_is_told_member_by_member(void **state)
{
    (void)state;
    struct buf text = {0};
    int n = 0;

    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "%s\"k%d\":%d", i ? "," : "{", i, i);
    buf_add_str(&text, STR("}"));
    assert_int_equal(json_each(buf_view(&text), count_members, &n), OK);
    assert_int_equal(n, 1000);
    n = 1499 - 1000;
    assert_int_equal(json_each(STR("{\"a\":499,\"b\":500}"), count_members, &n), OK);
    n = 1499;
    assert_int_equal(json_each(STR("{\"a\":1499,\"b\":{}}"), count_members, &n), ERR_TOO_BIG);
    n = 0;
    assert_int_equal(json_each(STR("{\"a\":0,\"a\":1}"), count_members, &n), ERR_INVALID);
    assert_int_equal(json_each(STR("[]"), count_members, &n), ERR_INVALID);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_accepted),
        cmocka_unit_test(broken_structure_is_refused),
        cmocka_unit_test(words_are_exact),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(numbers_stay_within_a_double),
        cmocka_unit_test(long_runs_of_digits_are_judged_too),
        cmocka_unit_test(strings_hold_any_utf8_and_every_escape),
        cmocka_unit_test(broken_strings_are_refused),
        cmocka_unit_test(a_surrogate_alone_is_refused),
        cmocka_unit_test(an_escaped_nul_is_refused),
        cmocka_unit_test(invalid_utf8_is_refused),
        cmocka_unit_test(other_encodings_and_a_byte_order_mark_are_refused),
        cmocka_unit_test(sixteen_levels_are_the_most),
        cmocka_unit_test(levels_side_by_side_do_not_add_up),
        cmocka_unit_test(a_key_twice_is_refused),
        cmocka_unit_test(the_same_key_in_different_objects_is_fine),
        cmocka_unit_test(keys_are_compared_after_unescaping),
        cmocka_unit_test(a_key_twice_among_many_is_found),
        cmocka_unit_test(escaped_keys_sort_among_plain_ones),
        cmocka_unit_test(many_keys_do_not_make_it_slow),
        cmocka_unit_test(members_are_slices_of_the_text),
        cmocka_unit_test(only_members_of_the_frame_itself_are_found),
        cmocka_unit_test(a_frame_must_be_an_object),
        cmocka_unit_test(members_of_objects_in_an_array_are_not_the_frames),
        cmocka_unit_test(a_frame_has_at_most_32_members),
        cmocka_unit_test(a_plain_string_is_what_stands_between_the_quotes),
        cmocka_unit_test(the_length_of_a_text_is_that_after_unescaping),
        cmocka_unit_test(only_whole_numbers_are_integers),
        cmocka_unit_test(a_text_cut_short_is_refused),
        cmocka_unit_test(an_object_of_any_size_is_told_member_by_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
