#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ws/frame.h"

/* A text frame of `n` bytes has this header (RFC 6455, 5.2) and carries them. */
static void expect_text_frame(size_t n, str header)
{
    char *payload = mem_alloc(n + 1);
    for (size_t i = 0; i < n; i++)
        payload[i] = (char)('a' + i % 23);

    struct frame *f = frame_text(str_from(payload, n));
    assert_int_equal(f->refs, 1);
    assert_int_equal(f->n, header.n + n);
    assert_memory_equal(f->bytes, header.p, header.n);
    assert_true(str_eq(frame_payload(f), str_from(payload, n)));
    assert_ptr_equal(frame_payload(f).p, f->bytes + header.n);
    frame_unref(f);
    free(payload);
}

static void up_to_125_bytes_have_a_header_of_two(void **state)
{
    (void)state;
    expect_text_frame(0, STR("\x81\x00"));
    expect_text_frame(1, STR("\x81\x01"));
    expect_text_frame(125, STR("\x81\x7d"));
}

static void up_to_65535_bytes_have_a_header_of_four(void **state)
{
    (void)state;
    expect_text_frame(126, STR("\x81\x7e\x00\x7e"));
    expect_text_frame(127, STR("\x81\x7e\x00\x7f"));
    expect_text_frame(255, STR("\x81\x7e\x00\xff"));
    expect_text_frame(256, STR("\x81\x7e\x01\x00"));
    expect_text_frame(65535, STR("\x81\x7e\xff\xff"));
}

static void more_bytes_have_a_header_of_ten(void **state)
{
    (void)state;
    expect_text_frame(65536, STR("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"));
    expect_text_frame(0x123456, STR("\x81\x7f\x00\x00\x00\x00\x00\x12\x34\x56"));
}

static void a_frame_without_payload_needs_no_memory_for_it(void **state)
{
    (void)state;
    struct frame *f = frame_text(STR_NONE);
    assert_int_equal(f->n, 2);
    assert_int_equal(frame_payload(f).n, 0);
    frame_unref(f);
}

static void the_payload_is_a_copy(void **state)
{
    (void)state;
    char text[] = "abc";
    struct frame *f = frame_text(str_of(text));
    text[0] = 'x';
    assert_true(str_eq(frame_payload(f), STR("abc")));
    frame_unref(f);
}

static void a_ping_has_one_byte_of_payload(void **state)
{
    (void)state;
    struct frame *f = frame_ping();
    assert_int_equal(f->n, 3);
    assert_int_equal(f->bytes[0], 0x89);
    assert_int_equal(f->bytes[1], 1);
    assert_int_equal(frame_payload(f).n, 1);
    frame_unref(f);
}

static void it_lives_as_long_as_a_reference(void **state)
{
    (void)state;
    struct frame *f = frame_text(STR("x"));
    assert_ptr_equal(frame_ref(f), f);
    assert_ptr_equal(frame_ref(f), f);
    assert_int_equal(f->refs, 3);
    frame_unref(f);
    frame_unref(f);
    assert_int_equal(f->refs, 1);
    assert_true(str_eq(frame_payload(f), STR("x")));
    frame_unref(f); /* AddressSanitizer tells when this does not free it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_125_bytes_have_a_header_of_two),
        cmocka_unit_test(up_to_65535_bytes_have_a_header_of_four),
        cmocka_unit_test(more_bytes_have_a_header_of_ten),
        cmocka_unit_test(a_frame_without_payload_needs_no_memory_for_it),
        cmocka_unit_test(the_payload_is_a_copy),
        cmocka_unit_test(a_ping_has_one_byte_of_payload),
        cmocka_unit_test(it_lives_as_long_as_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
