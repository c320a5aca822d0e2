#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/base64url.h"
#include "crypto/p256.h"

/* RFC 8291, appendix A. */
#define AS_PRIVATE "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define AS_PUBLIC                                                                                  \
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define UA_PRIVATE "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
#define UA_PUBLIC                                                                                  \
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define ECDH_SECRET "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"

static void bytes(const char *text, unsigned char *to, size_t n)
{
    size_t got;

    assert_true(base64url_read(str_of(text), to, n, &got));
    assert_int_equal(got, n);
}

static struct p256_key key_of(const char *private_text)
{
    unsigned char private_key[P256_PRIVATE_N];
    struct p256_key key;

    bytes(private_text, private_key, sizeof private_key);
    assert_int_equal(p256_from_private(private_key, &key), OK);
    return key;
}

static void a_private_key_has_the_public_key_of_rfc_8291(void **state)
{
    (void)state;
    unsigned char point[P256_POINT_N];
    struct p256_key key = key_of(AS_PRIVATE);

    bytes(AS_PUBLIC, point, sizeof point);
    assert_memory_equal(key.point, point, sizeof point);
    key = key_of(UA_PRIVATE);
    bytes(UA_PUBLIC, point, sizeof point);
    assert_memory_equal(key.point, point, sizeof point);
}

static void both_sides_agree_on_the_secret_of_rfc_8291(void **state)
{
    (void)state;
    struct p256_key as = key_of(AS_PRIVATE);
    struct p256_key ua = key_of(UA_PRIVATE);
    unsigned char expected[P256_SECRET_N];
    unsigned char secret[P256_SECRET_N];

    bytes(ECDH_SECRET, expected, sizeof expected);
    assert_int_equal(p256_agree(&as, ua.point, secret), OK);
    assert_memory_equal(secret, expected, sizeof expected);
    assert_int_equal(p256_agree(&ua, as.point, secret), OK);
    assert_memory_equal(secret, expected, sizeof expected);
}

static void zero_and_the_order_are_no_private_keys(void **state)
{
    (void)state;
    unsigned char zero[P256_PRIVATE_N] = {0};
    unsigned char order[P256_PRIVATE_N];
    struct p256_key key;

    assert_int_equal(p256_from_private(zero, &key), ERR_INVALID);
    bytes("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE", order, sizeof order);
    assert_int_equal(p256_from_private(order, &key), ERR_INVALID);
    order[P256_PRIVATE_N - 1]--;
    assert_int_equal(p256_from_private(order, &key), OK);
}

static void a_point_off_the_curve_is_none(void **state)
{
    (void)state;
    struct p256_key key = key_of(AS_PRIVATE);
    unsigned char point[P256_POINT_N];
    unsigned char secret[P256_SECRET_N];

    bytes(UA_PUBLIC, point, sizeof point);
    assert_true(p256_is_point(point, sizeof point));
    assert_false(p256_is_point(point, sizeof point - 1));
    point[P256_POINT_N - 1] ^= 1;
    assert_false(p256_is_point(point, sizeof point));
    assert_int_equal(p256_agree(&key, point, secret), ERR_INVALID);
    point[P256_POINT_N - 1] ^= 1;
    point[0] = 6; /* the hybrid form */
    assert_false(p256_is_point(point, sizeof point));
    memset(point, 0, sizeof point);
    assert_false(p256_is_point(point, sizeof point));
    assert_false(p256_is_point(point, 1)); /* how infinity is spelled */
}

static void only_a_pem_of_this_curve_is_taken(void **state)
{
    (void)state;
    struct p256_key key;

    assert_int_equal(p256_from_pem(STR(""), &key), ERR_INVALID);
    assert_int_equal(p256_from_pem(STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE "
                                       "KEY-----\n"),
                                   &key),
                     ERR_INVALID);
    /* Ed25519: RFC 8410, section 10.3. */
    assert_int_equal(
        p256_from_pem(STR("-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                          "-----END PRIVATE KEY-----\n"),
                      &key),
        ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_key_has_the_public_key_of_rfc_8291),
        cmocka_unit_test(both_sides_agree_on_the_secret_of_rfc_8291),
        cmocka_unit_test(zero_and_the_order_are_no_private_keys),
        cmocka_unit_test(a_point_off_the_curve_is_none),
        cmocka_unit_test(only_a_pem_of_this_curve_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
