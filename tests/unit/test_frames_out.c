#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "frames_out.h"
#include "json/json_scan.h"

#define ROOM "raaaaaaaaaaaaaaaaaaaaaaaa"

static struct buf out;

/* What was written is one JSON object, this one; the next begins anew. */
static void expect_out(str expected)
{
    assert_int_equal(json_check(buf_view(&out)), OK);
    if (!str_eq(buf_view(&out), expected))
        fail_msg("got %.*s", STR_ARG(buf_view(&out)));
    buf_fini(&out);
}

static void an_error_says_what_and_whether_to_try_again(void **state)
{
    (void)state;
    frame_out_error(&out, STR("a1"), ERROR_ID_REUSED, NULL, "another message had it");
    expect_out(STR("{\"type\":\"error\",\"id\":\"a1\",\"code\":\"id_reused\","
                   "\"message\":\"another message had it\",\"retry\":false}"));
    frame_out_error(&out, STR_NONE, ERROR_UNAVAILABLE, NULL, "try later");
    expect_out(STR(
        "{\"type\":\"error\",\"code\":\"unavailable\",\"message\":\"try later\",\"retry\":true}"));
}

static void an_error_in_a_field_names_it(void **state)
{
    (void)state;
    frame_out_error(&out, STR("a1"), ERROR_INVALID_FIELD, "text", "must be a string");
    expect_out(
        STR("{\"type\":\"error\",\"id\":\"a1\",\"code\":\"invalid_field\",\"field\":\"text\","
            "\"message\":\"text must be a string\",\"retry\":false}"));
}

static void a_message_is_escaped(void **state)
{
    (void)state;
    frame_out_error(&out, STR_NONE, ERROR_BAD_JSON, NULL, "a \"quote\"\n");
    expect_out(STR("{\"type\":\"error\",\"code\":\"bad_json\",\"message\":\"a "
                   "\\\"quote\\\"\\n\",\"retry\":false}"));
}

static void each_code_has_its_word_and_its_retry(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        const char *word;
        bool retry;
    } CODES[] = {
        {ERROR_BAD_JSON, "bad_json", false},           {ERROR_UNKNOWN_TYPE, "unknown_type", false},
        {ERROR_INVALID_FIELD, "invalid_field", false}, {ERROR_NOT_FOUND, "not_found", false},
        {ERROR_ID_REUSED, "id_reused", false},         {ERROR_RATE_LIMITED, "rate_limited", true},
        {ERROR_UNAVAILABLE, "unavailable", true},      {ERROR_UNAUTHORIZED, "unauthorized", false},
    };
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        struct buf expected = {0};
        buf_printf(&expected, "{\"type\":\"error\",\"code\":\"%s\",\"message\":\"x\",\"retry\":%s}",
                   CODES[i].word, CODES[i].retry ? "true" : "false");
        frame_out_error(&out, STR_NONE, CODES[i].code, NULL, "x");
        expect_out(buf_view(&expected));
        buf_fini(&expected);
    }
}

static void an_ack_says_seq_and_time(void **state)
{
    (void)state;
    frame_out_ack(&out, STR("a1"), STR(ROOM), 7, 1790000000000, false);
    expect_out(STR("{\"type\":\"ack\",\"id\":\"a1\",\"conversation\":\"" ROOM "\",\"seq\":7,"
                   "\"time\":1790000000000}"));
}

static void an_ack_of_a_repeat_says_so(void **state)
{
    (void)state;
    frame_out_ack(&out, STR("a.b_c:d-e"), STR(ROOM), 9007199254740991, 0, true);
    expect_out(STR("{\"type\":\"ack\",\"id\":\"a.b_c:d-e\",\"conversation\":\"" ROOM
                   "\",\"seq\":9007199254740991,"
                   "\"time\":0,\"duplicate\":true}"));
}

static void a_pong_has_the_pings_id_if_any(void **state)
{
    (void)state;
    frame_out_pong(&out, STR("p1"));
    expect_out(STR("{\"type\":\"pong\",\"id\":\"p1\"}"));
    frame_out_pong(&out, STR_NONE);
    expect_out(STR("{\"type\":\"pong\"}"));
}

static void a_receipt_has_the_markers_that_moved(void **state)
{
    (void)state;
    frame_out_receipt(&out, STR(ROOM), STR("bob"), 5, 9);
    expect_out(STR("{\"type\":\"receipt\",\"conversation\":\"" ROOM
                   "\",\"user\":\"bob\",\"read\":5,\"received\":9}"));
    frame_out_receipt(&out, STR(ROOM), STR("bob"), 0, 9);
    expect_out(STR("{\"type\":\"receipt\",\"conversation\":\"" ROOM
                   "\",\"user\":\"bob\",\"received\":9}"));
    frame_out_receipt(&out, STR(ROOM), STR("bob"), 5, 0);
    expect_out(
        STR("{\"type\":\"receipt\",\"conversation\":\"" ROOM "\",\"user\":\"bob\",\"read\":5}"));
}

static void typing_says_who_where_and_whether(void **state)
{
    (void)state;
    frame_out_typing(&out, STR(ROOM), STR("bob"), true);
    expect_out(STR("{\"type\":\"typing\",\"conversation\":\"" ROOM
                   "\",\"user\":\"bob\",\"active\":true}"));
    frame_out_typing(&out, STR(ROOM), STR("bob"), false);
    expect_out(STR("{\"type\":\"typing\",\"conversation\":\"" ROOM
                   "\",\"user\":\"bob\",\"active\":false}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_says_what_and_whether_to_try_again),
        cmocka_unit_test(an_error_in_a_field_names_it),
        cmocka_unit_test(a_message_is_escaped),
        cmocka_unit_test(each_code_has_its_word_and_its_retry),
        cmocka_unit_test(an_ack_says_seq_and_time),
        cmocka_unit_test(an_ack_of_a_repeat_says_so),
        cmocka_unit_test(a_pong_has_the_pings_id_if_any),
        cmocka_unit_test(a_receipt_has_the_markers_that_moved),
        cmocka_unit_test(typing_says_who_where_and_whether),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
