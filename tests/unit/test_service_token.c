#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/service_token.h"
#include "base/ids.h"

#define NOW_S INT64_C(1790000000)
#define NOW_MS (NOW_S * 1000)
#define YEAR_S INT64_C(31536000)

static struct signing_key key;
static struct keyset keys;

static int begin(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    signing_key_new(&key);
    keys.n = 1;
    keys.keys[0] = key.verify;
    return 0;
}

static struct buf make(const struct signing_key *with, const char *audience, int64_t expires_s)
{
    struct claims claims = {.issued_s = NOW_S - 10, .expires_s = expires_s};
    struct id session = id_new();
    struct buf token = {0};

    assert_int_equal(username_parse(STR("mailer"), &claims.user), OK);
    (void)snprintf(claims.audience, sizeof claims.audience, "%s", audience);
    if (strcmp(audience, TOKEN_AUDIENCE) == 0)
        memcpy(claims.session, session.text, sizeof claims.session);
    token_make(with, &claims, &token);
    return token;
}

static enum err open_made(const struct signing_key *with, const char *audience, int64_t expires_s,
                          struct claims *claims_out)
{
    struct buf token = make(with, audience, expires_s);
    enum err err = service_token_open(&keys, buf_view(&token), STR(SERVICE_AUDIENCE_NOTIFY), NOW_MS,
                                      claims_out);

    buf_fini(&token);
    return err;
}

static void one_that_is_good_for_years_is_good(void **state)
{
    struct claims claims;

    (void)state;
    assert_int_equal(open_made(&key, "notify", NOW_S + 10 * YEAR_S, &claims), OK);
    assert_string_equal(claims.user.text, "mailer");
    assert_string_equal(claims.session, "");
}

static void a_users_is_denied(void **state)
{
    struct claims claims;

    (void)state;
    assert_int_equal(open_made(&key, TOKEN_AUDIENCE, NOW_S + 900, &claims), ERR_DENIED);
}

static void one_that_is_too_late_is_none(void **state)
{
    struct claims claims;

    (void)state;
    assert_int_equal(open_made(&key, "notify", NOW_S - TOKEN_LEEWAY_S - 1, &claims), ERR_EXPIRED);
    assert_int_equal(open_made(&key, TOKEN_AUDIENCE, NOW_S - TOKEN_LEEWAY_S - 1, &claims),
                     ERR_INVALID);
}

static void one_for_what_nobody_knows_is_none(void **state)
{
    struct claims claims;

    (void)state;
    assert_int_equal(open_made(&key, "everything", NOW_S + 900, &claims), ERR_INVALID);
}

static void a_forged_one_is_none(void **state)
{
    struct signing_key other;
    struct claims claims;

    (void)state;
    signing_key_new(&other);
    assert_int_equal(open_made(&other, "notify", NOW_S + 900, &claims), ERR_NOT_FOUND);
    memcpy(other.verify.kid, key.verify.kid, sizeof other.verify.kid);
    assert_int_equal(open_made(&other, "notify", NOW_S + 900, &claims), ERR_INVALID);
    assert_int_equal(service_token_open(&keys, STR("nonsense"), STR("notify"), NOW_MS, &claims),
                     ERR_INVALID);
}

static void audiences_are_those_that_something_is_for(void **state)
{
    (void)state;
    assert_true(service_audience_is_known(STR("notify")));
    assert_false(service_audience_is_known(STR(TOKEN_AUDIENCE)));
    assert_false(service_audience_is_known(STR("")));
    assert_false(service_audience_is_known(STR("notify ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_good_for_years_is_good),
        cmocka_unit_test(a_users_is_denied),
        cmocka_unit_test(one_that_is_too_late_is_none),
        cmocka_unit_test(one_for_what_nobody_knows_is_none),
        cmocka_unit_test(a_forged_one_is_none),
        cmocka_unit_test(audiences_are_those_that_something_is_for),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
