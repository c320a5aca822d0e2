#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "push_text.h"
#include "json/json_scan.h"

#define DOTS "\xe2\x80\xa6"

static const struct push_text DIRECT = {
    .direct = true,
    .sender = {"bob", 3},
    .sender_name = {"Bob B", 5},
    .text = {"hello", 5},
    .conversation = {"d123", 4},
    .seq = 7,
    .unread = 1,
};

static struct push_text with_text(const char *text)
{
    struct push_text t = DIRECT;

    t.text = str_of(text);
    return t;
}

static struct push_text in_room(struct push_text t)
{
    t.direct = false;
    t.room = STR("Garden");
    return t;
}

static void body_is(struct push_text t, const char *expected)
{
    struct buf out = {0};

    push_text_body(&t, &out);
    assert_string_equal(buf_cstr(&out), expected);
    buf_fini(&out);
}

static void title_is(struct push_text t, const char *expected)
{
    struct buf out = {0};

    push_text_title(&t, &out);
    assert_string_equal(buf_cstr(&out), expected);
    buf_fini(&out);
}

static void repeat(struct buf *out, const char *one, int n)
{
    for (int i = 0; i < n; i++)
        buf_add_str(out, str_of(one));
}

static void a_direct_message_names_the_sender(void **state)
{
    struct push_text t = DIRECT;

    (void)state;
    title_is(t, "Bob B");
    body_is(t, "hello");
    t.sender_name = STR("");
    title_is(t, "bob");
}

static void a_room_names_itself_and_the_sender(void **state)
{
    struct push_text t = in_room(DIRECT);

    (void)state;
    title_is(t, "Garden");
    body_is(t, "Bob B: hello");
}

static void without_a_preview_it_counts(void **state)
{
    struct push_text t = DIRECT;

    (void)state;
    t.text = STR_NONE;
    body_is(t, "New message");
    body_is(in_room(t), "New message from Bob B");
    t.unread = 12;
    body_is(t, "12 new messages");
    body_is(in_room(t), "12 new messages, the last from Bob B");
    t.text = STR(" \n\t "); /* says nothing */
    body_is(t, "12 new messages");
}

static void a_preview_is_one_line(void **state)
{
    (void)state;
    body_is(with_text("  one\n\ntwo \t three\r\n"), "one two three");
}

static void a_preview_is_cut_between_characters(void **state)
{
    static const char *const ONES[] = {"x", "\u00e9", "e\u0301", "\U0001F1E9\U0001F1EA",
                                       "\U0001F44D\U0001F3FD"};

    (void)state;
    for (size_t i = 0; i < sizeof ONES / sizeof ONES[0]; i++) {
        struct buf text = {0};
        struct buf expected = {0};
        repeat(&text, ONES[i], PUSH_PREVIEW_MAX);
        body_is(with_text(buf_cstr(&text)), buf_cstr(&text)); /* just fits */
        repeat(&text, ONES[i], 1);
        repeat(&expected, ONES[i], (PUSH_PREVIEW_MAX - 1));
        buf_add_str(&expected, STR(DOTS));
        body_is(with_text(buf_cstr(&text)), buf_cstr(&expected));
        buf_fini(&text);
        buf_fini(&expected);
    }
}

static void marks_without_end_are_cut_too(void **state)
{
    struct buf text = {0};
    struct buf out = {0};

    (void)state;
    buf_add_str(&text, STR("ab"));
    repeat(&text, "\u0301", 5000); /* on one letter */
    struct push_text t = with_text(buf_cstr(&text));
    push_text_body(&t, &out);
    assert_string_equal(buf_cstr(&out), "a" DOTS);
    buf_clear(&out);
    buf_clear(&text);
    for (int i = 0; i < PUSH_PREVIEW_MAX; i++) { /* on each */
        buf_add_char(&text, 'e');
        repeat(&text, "\u0301", 10);
    }
    t = with_text(buf_cstr(&text));
    push_text_body(&t, &out);
    assert_true(out.n <= PUSH_PREVIEW_BYTES_MAX && out.n > PUSH_PREVIEW_BYTES_MAX - 25);
    assert_true(str_is_utf8(buf_view(&out)));
    buf_fini(&text);
    buf_fini(&out);
}

static void the_data_are_for_the_app(void **state)
{
    struct push_text t = in_room(DIRECT);
    struct buf out = {0};

    (void)state;
    t.room = STR("A \"room\"");
    push_text_data(&t, &out);
    assert_int_equal(json_check(buf_view(&out)), OK);
    assert_string_equal(buf_cstr(&out),
                        "{\"conversation\":\"d123\",\"kind\":\"room\",\"name\":\"A \\\"room\\\"\","
                        "\"from\":\"bob\",\"from_name\":\"Bob B\",\"seq\":7,\"unread\":1}");
    buf_clear(&out);
    t = DIRECT;
    t.sender_name = STR("");
    push_text_data(&t, &out);
    assert_string_equal(buf_cstr(&out), "{\"conversation\":\"d123\",\"kind\":\"direct\","
                                        "\"from\":\"bob\",\"seq\":7,\"unread\":1}");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_direct_message_names_the_sender),
        cmocka_unit_test(a_room_names_itself_and_the_sender),
        cmocka_unit_test(without_a_preview_it_counts),
        cmocka_unit_test(a_preview_is_one_line),
        cmocka_unit_test(a_preview_is_cut_between_characters),
        cmocka_unit_test(marks_without_end_are_cut_too),
        cmocka_unit_test(the_data_are_for_the_app),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
