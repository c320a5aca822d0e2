#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/base64url.h"

static void assert_reads(const char *text, const char *bytes, size_t n)
{
    unsigned char got[16];
    size_t got_n;

    assert_true(base64url_read(str_of(text), got, sizeof got, &got_n));
    assert_int_equal(got_n, n);
    assert_memory_equal(got, bytes, n);
}

static void assert_refused(const char *text)
{
    unsigned char got[16];
    size_t n;

    assert_false(base64url_read(str_of(text), got, sizeof got, &n));
}

static void the_vectors_of_rfc_4648_are_written_without_padding(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};

    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        struct buf out = {0};
        base64url_add(&out, "foobar", n);
        assert_string_equal(buf_cstr(&out), texts[n]);
        buf_fini(&out);
    }
}

static void the_vectors_of_rfc_4648_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};

    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
        assert_reads(texts[n], "foobar", n);
    assert_reads("-_-_", "\xfb\xff\xbf", 3);
}

static void it_is_added_to_what_is_there(void **state)
{
    (void)state;
    struct buf out = {0};

    buf_add_str(&out, STR("x."));
    base64url_add(&out, "foo", 3);
    buf_add_char(&out, '.');
    assert_string_equal(buf_cstr(&out), "x.Zm9v.");
    buf_fini(&out);
}

static void padding_is_refused(void **state)
{
    (void)state;
    assert_refused("Zg==");
    assert_refused("Zm8=");
    assert_refused("Zm9v=");
}

static void stray_bits_are_refused(void **state)
{
    (void)state;
    assert_refused("Zh");
    assert_refused("Zv");
    assert_refused("Zm9");
}

static void a_single_character_left_over_is_refused(void **state)
{
    (void)state;
    assert_refused("Z");
    assert_refused("Zm9vA");
}

/* libsodium alone would take each byte from 0x80 on for a '_'. */
static void every_byte_outside_the_alphabet_is_refused(void **state)
{
    (void)state;
    unsigned char got[4];
    size_t n;

    for (int c = 0; c < 256; c++) {
        char text[] = {'A', (char)c, 'A', 'A'};
        bool inside = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
        assert_int_equal(base64url_read(str_from(text, sizeof text), got, sizeof got, &n), inside);
    }
}

static void more_bytes_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    unsigned char got[5];
    size_t n;

    assert_true(base64url_read(STR("Zm9vYmE"), got, sizeof got, &n));
    assert_false(base64url_read(STR("Zm9vYmFy"), got, sizeof got, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_are_written_without_padding),
        cmocka_unit_test(the_vectors_of_rfc_4648_are_read),
        cmocka_unit_test(it_is_added_to_what_is_there),
        cmocka_unit_test(padding_is_refused),
        cmocka_unit_test(stray_bits_are_refused),
        cmocka_unit_test(a_single_character_left_over_is_refused),
        cmocka_unit_test(every_byte_outside_the_alphabet_is_refused),
        cmocka_unit_test(more_bytes_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
