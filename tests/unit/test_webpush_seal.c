#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/base64url.h"
#include "base/mem.h"
#include "crypto/hkdf.h"
#include "crypto/webpush_seal.h"

#include <stdlib.h>

static void bytes(const char *text, unsigned char *to, size_t n)
{
    size_t got;

    assert_true(base64url_read(str_of(text), to, n, &got));
    assert_int_equal(got, n);
}

static void assert_is(const struct buf *body, const char *expected)
{
    struct buf text = {0};

    base64url_add(&text, body->p, body->n);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
}

static void the_first_example_of_rfc_5869_is_derived(void **state)
{
    (void)state;
    static const char SECRET[] = "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
                                 "\x0b\x0b\x0b\x0b\x0b\x0b";
    static const char SALT[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c";
    static const char INFO[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
    static const unsigned char EXPECTED[] = {
        0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f,
        0x64, 0xd0, 0x36, 0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a,
        0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4, 0xc5, 0xbf}; /* the first 32 of its 42 bytes */
    unsigned char got[HKDF_MAX];

    hkdf(str_from(SALT, sizeof SALT - 1), str_from(SECRET, sizeof SECRET - 1),
         str_from(INFO, sizeof INFO - 1), got, sizeof got);
    assert_memory_equal(got, EXPECTED, sizeof EXPECTED);
}

static void the_example_of_rfc_8188_is_made_byte_for_byte(void **state)
{
    (void)state;
    unsigned char secret[16];
    unsigned char salt[AES128GCM_SALT_N];
    struct buf body = {0};

    bytes("yqdlZ-tYemfogSmv7Ws5PQ", secret, sizeof secret);
    bytes("I1BsxtFttlv3u_Oo94xnmw", salt, sizeof salt);
    aes128gcm_encode(str_from((char *)secret, sizeof secret), salt, STR(""), STR("I am the walrus"),
                     &body);
    assert_is(&body, "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
    buf_fini(&body);
}

/* RFC 8291, appendix A. */
struct example {
    struct p256_key own;
    unsigned char p256dh[P256_POINT_N];
    unsigned char auth[WEBPUSH_AUTH_N];
    unsigned char salt[AES128GCM_SALT_N];
};

static struct example example_make(void)
{
    struct example e;
    unsigned char private_key[P256_PRIVATE_N];

    bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", private_key, sizeof private_key);
    assert_int_equal(p256_from_private(private_key, &e.own), OK);
    bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
          e.p256dh, sizeof e.p256dh);
    bytes("BTBZMqHH6r4Tts7J_aSIgg", e.auth, sizeof e.auth);
    bytes("DGv6ra1nlYgDCS1FRnbzlw", e.salt, sizeof e.salt);
    return e;
}

static void the_example_of_rfc_8291_is_made_byte_for_byte(void **state)
{
    (void)state;
    struct example e = example_make();
    struct buf body = {0};

    assert_int_equal(webpush_seal(e.p256dh, e.auth, &e.own, e.salt,
                                  STR("When I grow up, I want to be a watermelon"), &body),
                     OK);
    assert_is(&body,
              "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLo"
              "cInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBW"
              "LVWGNWQexSgSxsj_Qulcy4a-fN");
    buf_fini(&body);
}

static void the_longest_text_makes_the_longest_body(void **state)
{
    (void)state;
    struct example e = example_make();
    struct buf body = {0};
    char *text = mem_zalloc(WEBPUSH_TEXT_MAX);

    assert_int_equal(
        webpush_seal(e.p256dh, e.auth, &e.own, e.salt, str_from(text, WEBPUSH_TEXT_MAX), &body),
        OK);
    assert_int_equal(body.n, WEBPUSH_BODY_MAX);
    buf_fini(&body);
    free(text);
}

static void a_subscription_whose_key_is_no_point_is_refused(void **state)
{
    (void)state;
    struct example e = example_make();
    struct buf body = {0};

    e.p256dh[7] ^= 1;
    assert_int_equal(webpush_seal(e.p256dh, e.auth, &e.own, e.salt, STR("hi"), &body), ERR_INVALID);
    assert_int_equal(body.n, 0);
    buf_fini(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_example_of_rfc_5869_is_derived),
        cmocka_unit_test(the_example_of_rfc_8188_is_made_byte_for_byte),
        cmocka_unit_test(the_example_of_rfc_8291_is_made_byte_for_byte),
        cmocka_unit_test(the_longest_text_makes_the_longest_body),
        cmocka_unit_test(a_subscription_whose_key_is_no_point_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
