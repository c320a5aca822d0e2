#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "auth/base64url.h"
#include "auth/jws.h"
#include "auth/token.h"
#include "base/mem.h"

#define NOW_S INT64_C(1750000000)
#define NOW_MS (NOW_S * 1000)
#define SESSION "abcdefghijklmnopqrstuvwx"

static struct signing_key key;      /* ours */
static struct signing_key stranger; /* a key that we do not know */
static struct keyset keys;

static int make_keys(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    signing_key_new(&key);
    signing_key_new(&stranger);
    keys = (struct keyset){.n = 1, .keys = {key.verify}};
    return 0;
}

/* --- vocabulary ------------------------------------------------------------------------------ */

static struct claims alice(void)
{
    return (struct claims){.user = {"alice"},
                           .session = SESSION,
                           .audience = TOKEN_AUDIENCE,
                           .issued_s = NOW_S,
                           .expires_s = NOW_S + 900};
}

static enum err open_text(str text)
{
    struct claims claims;

    memset(&claims, 0x5A, sizeof claims);
    struct claims before = claims;
    enum err err = token_open(&keys, text, STR(TOKEN_AUDIENCE), NOW_MS, &claims);
    if (err != OK)
        assert_memory_equal(&claims, &before, sizeof claims); /* untouched */
    return err;
}

/* What opening a token with this header and payload, signed by `with`, comes to. */
static enum err open_signed(const struct signing_key *with, const char *header, const char *payload)
{
    struct buf text = {0};

    jws_sign(with, str_of(header), str_of(payload), &text);
    enum err err = open_text(buf_view(&text));
    buf_fini(&text);
    return err;
}

static const char *good_header(void)
{
    static char header[128];

    (void)snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
                   key.verify.kid);
    return header;
}

#define GOOD_PAYLOAD                                                                               \
    "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION                \
    "\",\"iat\":1750000000,\"exp\":1750000900}"

static enum err open_payload(const char *payload)
{
    return open_signed(&key, good_header(), payload);
}

/* Our header with the given members after (or instead of) the usual ones. */
static enum err open_header(const char *alg, const char *typ, const char *kid, const char *more)
{
    char header[1024];

    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"%s}", alg,
                   typ, kid, more);
    return open_signed(&key, header, GOOD_PAYLOAD);
}

static void make_good(struct buf *text)
{
    struct claims claims = alice();

    token_make(&key, &claims, text);
    assert_int_equal(open_text(buf_view(text)), OK);
}

/* header.payload.signature out of parts that are base64url already. */
static enum err open_parts(str header, str payload, str signature)
{
    struct buf text = {0};

    buf_add_str(&text, header);
    buf_add_char(&text, '.');
    buf_add_str(&text, payload);
    buf_add_char(&text, '.');
    buf_add_str(&text, signature);
    enum err err = open_text(buf_view(&text));
    buf_fini(&text);
    return err;
}

/* --- what is accepted ------------------------------------------------------------------------ */

static void a_token_opens_to_the_claims_it_was_made_of(void **state)
{
    (void)state;
    struct claims claims = alice();
    struct claims opened;
    struct buf text = {0};

    buf_add_str(&text, STR("kept "));
    token_make(&key, &claims, &text);
    assert_memory_equal(text.p, "kept ", 5);
    assert_int_equal(
        token_open(&keys, str_skip(buf_view(&text), 5), STR(TOKEN_AUDIENCE), NOW_MS, &opened), OK);
    assert_string_equal(opened.user.text, "alice");
    assert_string_equal(opened.session, SESSION);
    assert_string_equal(opened.audience, "chatapp");
    assert_int_equal(opened.issued_s, NOW_S);
    assert_int_equal(opened.expires_s, NOW_S + 900);
    buf_fini(&text);
}

static void the_handmade_token_of_these_tests_is_good(void **state)
{
    (void)state;
    assert_int_equal(open_payload(GOOD_PAYLOAD), OK);
    assert_int_equal(open_header("EdDSA", "at+jwt", key.verify.kid, ""), OK);
}

static void the_longest_token_we_make_is_within_the_limit(void **state)
{
    (void)state;
    struct claims claims = alice();
    struct buf text = {0};

    memset(claims.user.text, 'u', USERNAME_MAX);
    memset(claims.audience, '"', sizeof claims.audience - 1); /* doubles when escaped */
    token_make(&key, &claims, &text);
    assert_true(text.n <= TOKEN_MAX);
    assert_int_equal(token_open(&keys, buf_view(&text), str_of(claims.audience), NOW_MS, &claims),
                     OK);
    buf_fini(&text);
}

static void a_services_token_needs_no_session_and_opens_nothing_else(void **state)
{
    (void)state;
    struct claims claims = {.user = {"billing"}, .audience = "notify", .expires_s = NOW_S + 900};
    struct buf text = {0};

    token_make(&key, &claims, &text);
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED); /* as a user's */
    assert_int_equal(token_open(&keys, buf_view(&text), STR("notify"), NOW_MS, &claims), OK);
    assert_string_equal(claims.session, "");
    buf_fini(&text);
}

static void claims_of_a_later_version_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(
        open_payload("{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
                     "\",\"iat\":1750000000,\"exp\":1750000900,\"scope\":[\"x\"]}"),
        OK);
}

static void both_keys_verify_during_a_rotation(void **state)
{
    (void)state;
    struct keyset two = {.n = 2, .keys = {stranger.verify, key.verify}};
    struct claims claims = alice();
    struct buf with_new = {0};
    struct buf with_old = {0};

    token_make(&stranger, &claims, &with_new);
    token_make(&key, &claims, &with_old);
    assert_int_equal(token_open(&two, buf_view(&with_new), STR(TOKEN_AUDIENCE), NOW_MS, &claims),
                     OK);
    assert_int_equal(token_open(&two, buf_view(&with_old), STR(TOKEN_AUDIENCE), NOW_MS, &claims),
                     OK);
    assert_int_equal(open_text(buf_view(&with_new)), ERR_NOT_FOUND); /* keys not read again yet */
    buf_fini(&with_new);
    buf_fini(&with_old);
}

/* --- the header ------------------------------------------------------------------------------ */

static void alg_none_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};

    assert_int_equal(open_header("none", "at+jwt", key.verify.kid, ""), ERR_DENIED);
    assert_int_equal(open_header("None", "at+jwt", key.verify.kid, ""), ERR_DENIED);
    base64url_add(&text, "{\"alg\":\"none\"}", 14);
    buf_add_char(&text, '.');
    base64url_add(&text, GOOD_PAYLOAD, sizeof GOOD_PAYLOAD - 1);
    buf_add_char(&text, '.');
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED); /* and no signature */
    buf_fini(&text);
}

static void a_good_header_without_a_signature_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    struct jws jws;

    make_good(&text);
    assert_int_equal(jws_split(buf_view(&text), &jws), OK);
    assert_int_equal(open_parts(jws.header, jws.payload, STR("")), ERR_DENIED);
    buf_fini(&text);
}

static void hs256_with_the_public_key_as_secret_is_refused(void **state)
{
    (void)state;
    static const char *const algs[] = {"HS256", "EdDSA"};

    for (size_t i = 0; i < 2; i++) {
        unsigned char mac[crypto_auth_hmacsha256_BYTES];
        struct buf text = {0};
        char header[128];
        int n =
            snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
                     algs[i], key.verify.kid);
        base64url_add(&text, header, (size_t)n);
        buf_add_char(&text, '.');
        base64url_add(&text, GOOD_PAYLOAD, sizeof GOOD_PAYLOAD - 1);
        (void)crypto_auth_hmacsha256(mac, (const unsigned char *)text.p, text.n,
                                     key.verify.public_key);
        buf_add_char(&text, '.');
        base64url_add(&text, mac, sizeof mac);
        assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
        buf_fini(&text);
    }
}

static void other_algorithms_are_refused_even_when_well_signed(void **state)
{
    (void)state;
    static const char *const algs[] = {"HS256", "RS256", "ES256", "Ed25519", "eddsa", "EdDSA ", ""};

    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        assert_int_equal(open_header(algs[i], "at+jwt", key.verify.kid, ""), ERR_DENIED);
}

static void a_wrong_typ_is_refused(void **state)
{
    (void)state;
    static const char *const types[] = {"JWT", "jwt", "AT+JWT", "application/at+jwt", ""};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(open_header("EdDSA", types[i], key.verify.kid, ""), ERR_DENIED);
}

static void an_unknown_kid_asks_for_the_keys_again(void **state)
{
    (void)state;
    assert_int_equal(open_header("EdDSA", "at+jwt", "AAAAAAAAAAAAAAAA", ""), ERR_NOT_FOUND);
}

static void a_kid_of_another_length_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_header("EdDSA", "at+jwt", "", ""), ERR_DENIED);
    assert_int_equal(open_header("EdDSA", "at+jwt", "AAAAAAAAAAAAAAA", ""), ERR_DENIED);
    assert_int_equal(open_header("EdDSA", "at+jwt", "../../../../etc/passwd", ""), ERR_DENIED);
}

static void our_kid_over_a_strangers_signature_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_signed(&stranger, good_header(), GOOD_PAYLOAD), ERR_DENIED);
}

static void the_kid_of_another_of_our_keys_is_refused(void **state)
{
    (void)state;
    struct keyset two = {.n = 2, .keys = {key.verify, stranger.verify}};
    struct claims claims;
    struct buf text = {0};

    jws_sign(&stranger, str_of(good_header()), STR(GOOD_PAYLOAD), &text);
    assert_int_equal(token_open(&two, buf_view(&text), STR(TOKEN_AUDIENCE), NOW_MS, &claims),
                     ERR_DENIED);
    buf_fini(&text);
}

static void an_embedded_jwk_is_refused(void **state)
{
    (void)state;
    char header[512];
    struct buf x = {0};

    base64url_add(&x, stranger.verify.public_key, sizeof stranger.verify.public_key);
    (void)snprintf(header, sizeof header,
                   "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\",\"jwk\":{\"kty\":\"OKP\","
                   "\"crv\":\"Ed25519\","
                   "\"x\":\"%s\"}}",
                   stranger.verify.kid, buf_cstr(&x));
    assert_int_equal(open_signed(&stranger, header, GOOD_PAYLOAD), ERR_DENIED);
    assert_int_equal(open_header("EdDSA", "at+jwt", key.verify.kid, ",\"jwk\":{}"), ERR_DENIED);
    buf_fini(&x);
}

static void header_members_that_point_elsewhere_are_refused(void **state)
{
    (void)state;
    static const char *const members[] = {
        ",\"jku\":\"https://example.net/jwks.json\"",
        ",\"x5u\":\"https://example.net/cert\"",
        ",\"x5c\":[\"MIIB\"]",
        ",\"x5t\":\"AAAA\"",
        ",\"crit\":[\"b64\"],\"b64\":false",
        ",\"crit\":[]",
        ",\"zip\":\"DEF\"",
        ",\"cty\":\"JWT\"",
        ",\"jku\":null",
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_int_equal(open_header("EdDSA", "at+jwt", key.verify.kid, members[i]), ERR_DENIED);
}

static void a_header_member_missing_or_of_another_type_is_refused(void **state)
{
    (void)state;
    static const char *const starts[] = {
        /* the kid and its end follow */
        "{\"typ\":\"at+jwt\",\"kid\":\"",
        "{\"alg\":\"EdDSA\",\"kid\":\"",
        "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"x\":\"",
        "{\"alg\":[\"EdDSA\"],\"typ\":\"at+jwt\",\"kid\":\"",
        "{\"alg\":\"EdDSA\",\"typ\":null,\"kid\":\"",
    };
    char header[256];

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        (void)snprintf(header, sizeof header, "%s%s\"}", starts[i], key.verify.kid);
        assert_int_equal(open_signed(&key, header, GOOD_PAYLOAD), ERR_DENIED);
    }
    assert_int_equal(open_signed(&key, "", GOOD_PAYLOAD), ERR_DENIED);
    assert_int_equal(open_signed(&key, "{}", GOOD_PAYLOAD), ERR_DENIED);
    assert_int_equal(open_signed(&key, "[\"EdDSA\",\"at+jwt\"]", GOOD_PAYLOAD), ERR_DENIED);
    assert_int_equal(open_signed(&key, "\"EdDSA\"", GOOD_PAYLOAD), ERR_DENIED);
}

static void a_header_member_twice_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_header("EdDSA", "at+jwt", key.verify.kid, ",\"alg\":\"EdDSA\""),
                     ERR_DENIED);
    assert_int_equal(open_header("none", "at+jwt", key.verify.kid, ",\"alg\":\"EdDSA\""),
                     ERR_DENIED);
    assert_int_equal(open_header("EdDSA", "at+jwt", key.verify.kid, ",\"\\u0061lg\":\"EdDSA\""),
                     ERR_DENIED);
}

/* --- the claims ------------------------------------------------------------------------------ */

static enum err open_claims(const char *iss, const char *aud, const char *sub, const char *sid)
{
    char payload[512];

    (void)snprintf(
        payload, sizeof payload,
        "{\"iss\":%s,\"aud\":%s,\"sub\":%s,\"sid\":%s,\"iat\":1750000000,\"exp\":1750000900}", iss,
        aud, sub, sid);
    return open_payload(payload);
}

#define ISS "\"chatapp\""
#define AUD "\"chatapp\""
#define SUB "\"alice\""
#define SID "\"" SESSION "\""

static void a_wrong_issuer_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_claims(ISS, AUD, SUB, SID), OK);
    assert_int_equal(open_claims("\"other\"", AUD, SUB, SID), ERR_DENIED);
    assert_int_equal(open_claims("\"\"", AUD, SUB, SID), ERR_DENIED);
    assert_int_equal(open_claims("[\"chatapp\"]", AUD, SUB, SID), ERR_DENIED);
}

static void a_wrong_audience_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_claims(ISS, "\"notify\"", SUB, SID), ERR_DENIED);
    assert_int_equal(open_claims(ISS, "\"Chatapp\"", SUB, SID), ERR_DENIED);
    assert_int_equal(open_claims(ISS, "\"chatapp \"", SUB, SID), ERR_DENIED);
    assert_int_equal(open_claims(ISS, "\"\"", SUB, SID), ERR_DENIED);
}

static void an_audience_of_several_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_claims(ISS, "[\"chatapp\"]", SUB, SID), ERR_DENIED);
    assert_int_equal(open_claims(ISS, "[\"chatapp\",\"notify\"]", SUB, SID), ERR_DENIED);
}

static void a_subject_that_is_no_username_is_refused(void **state)
{
    (void)state;
    static const char *const subjects[] = {"\"Alice\"",     "\"al\"", "\"\"", "\"-alice\"",
                                           "\"alice bob\"", "7",      "null"};

    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        assert_int_equal(open_claims(ISS, AUD, subjects[i], SID), ERR_DENIED);
}

static void a_users_token_without_a_good_session_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_claims(ISS, AUD, SUB, "\"\""), ERR_DENIED);
    assert_int_equal(open_claims(ISS, AUD, SUB, "null"), ERR_DENIED);
    assert_int_equal(open_claims(ISS, AUD, SUB, "\"abcdefghijklmnopqrstuvw!\""), ERR_DENIED);
    assert_int_equal(open_claims(ISS, AUD, SUB, "\"abcdefghijklmnopqrstuvwxy\""), ERR_DENIED);
}

static void duplicate_claims_are_refused(void **state)
{
    (void)state;
    assert_int_equal(
        open_payload("{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sub\":\"alice\","
                     "\"sid\":\"" SESSION "\",\"iat\":1750000000,\"exp\":1750000900}"),
        ERR_DENIED);
    assert_int_equal(
        open_payload("{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
                     "\",\"iat\":1750000000,\"exp\":1750000900,\"\\u0065xp\":1850000900}"),
        ERR_DENIED);
}

static void a_claim_that_is_missing_is_refused(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "{\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
        "\",\"iat\":1750000000,\"exp\":1750000900}",
        "{\"iss\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
        "\",\"iat\":1750000000,\"exp\":1750000900}",
        "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sid\":\"" SESSION
        "\",\"iat\":1750000000,\"exp\":1750000900}",
        "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"iat\":1750000000,\"exp\":"
        "1750000900}",
        "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
        "\",\"exp\":1750000900}",
        "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
        "\",\"iat\":1750000000}",
        "{}",
        "[]",
        "\"alice\"",
        "",
        "nonsense",
    };

    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        assert_int_equal(open_payload(payloads[i]), ERR_DENIED);
}

/* --- the times ------------------------------------------------------------------------------- */

static enum err open_times(const char *iat, const char *exp, const char *more)
{
    char payload[512];

    (void)snprintf(payload, sizeof payload,
                   "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
                   "\",\"iat\":%s,\"exp\":%s%s}",
                   iat, exp, more);
    return open_payload(payload);
}

static void an_expired_token_is_told_apart_from_a_forged_one(void **state)
{
    (void)state;
    assert_int_equal(open_times("1749999000", "1749999941", ""),
                     OK); /* 59 s ago: within the leeway */
    assert_int_equal(open_times("1749999000", "1749999940", ""), ERR_EXPIRED);
    assert_int_equal(open_times("1749999000", "0", ""), ERR_EXPIRED);
}

static void a_forged_expired_token_is_only_forged(void **state)
{
    (void)state;
    assert_int_equal(
        open_signed(&stranger, good_header(),
                    "{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
                    "\",\"iat\":1,\"exp\":2}"),
        ERR_DENIED);
}

static void an_expired_token_for_somebody_else_is_only_refused(void **state)
{
    (void)state;
    assert_int_equal(
        open_payload(
            "{\"iss\":\"chatapp\",\"aud\":\"notify\",\"sub\":\"alice\",\"iat\":1,\"exp\":2}"),
        ERR_DENIED);
}

static void a_token_issued_far_in_the_future_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_times("1750000060", "1750009000", ""), OK);
    assert_int_equal(open_times("1750000061", "1750009000", ""), ERR_DENIED);
    assert_int_equal(open_times("9999999999", "99999999999", ""), ERR_DENIED);
    assert_int_equal(open_times("1750000061", "1750009000", ",\"nbf\":1750000000"), ERR_DENIED);
}

static void a_users_token_for_over_a_day_is_refused(void **state)
{
    struct claims service = {.user = {"billing"},
                             .audience = "notify",
                             .issued_s = NOW_S,
                             .expires_s = NOW_S + 10 * TOKEN_LIFE_MAX_S};
    struct claims opened;
    struct buf text = {0};

    (void)state;
    assert_int_equal(open_times("1750000000", "1750086400", ""), OK);
    assert_int_equal(open_times("1750000000", "1750086401", ""), ERR_DENIED);
    assert_int_equal(open_times("0", "1750000900", ""), ERR_DENIED);
    token_make(&key, &service, &text);
    assert_int_equal(token_open(&keys, buf_view(&text), STR("notify"), NOW_MS, &opened), OK);
    buf_fini(&text);
}

static void a_token_not_valid_yet_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_times("1750000000", "1750009000", ",\"nbf\":1750000060"), OK);
    assert_int_equal(open_times("1750000000", "1750009000", ",\"nbf\":1750000061"), ERR_DENIED);
    assert_int_equal(open_times("1750000000", "1750009000", ",\"nbf\":\"soon\""), ERR_DENIED);
}

static void times_that_are_no_whole_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const times[] = {"\"1750000900\"",
                                        "1750000900.5",
                                        "1.7500009e9",
                                        "-1",
                                        "null",
                                        "true",
                                        "[1750000900]",
                                        "1e400",
                                        "9223372036854775807",
                                        "18446744073709551616"};

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_int_equal(open_times("1750000000", times[i], ""), ERR_DENIED);
        assert_int_equal(open_times(times[i], "1750000900", ""), ERR_DENIED);
    }
}

/* --- the text -------------------------------------------------------------------------------- */

static void cut_short_anywhere_it_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};

    make_good(&text);
    for (size_t n = 0; n < text.n; n++) {
        char *exact = mem_alloc(n); /* no byte more, so that a sanitizer sees one read too far */
        memcpy(exact, text.p, n);
        assert_int_equal(open_text(str_from(exact, n)), ERR_DENIED);
        free(exact);
    }
    assert_int_equal(open_text(STR_NONE), ERR_DENIED);
    buf_fini(&text);
}

static void any_bit_of_any_byte_changed_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};

    make_good(&text);
    for (size_t i = 0; i < text.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text.p[i] = (char)(text.p[i] ^ (1 << bit));
            assert_int_not_equal(open_text(buf_view(&text)), OK);
            assert_int_not_equal(open_text(buf_view(&text)), ERR_EXPIRED);
            text.p[i] = (char)(text.p[i] ^ (1 << bit));
        }
    }
    assert_int_equal(open_text(buf_view(&text)), OK);
    buf_fini(&text);
}

/* Also those changes that leave it base64url, which a random bit seldom does. */
static void any_character_replaced_by_any_other_is_refused(void **state)
{
    (void)state;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    struct buf text = {0};

    make_good(&text);
    for (size_t i = 0; i < text.n; i++) {
        char old = text.p[i];
        for (const char *c = alphabet; *c != '\0'; c++) {
            text.p[i] = *c;
            if (*c != old)
                assert_int_not_equal(open_text(buf_view(&text)), OK);
        }
        text.p[i] = old;
    }
    buf_fini(&text);
}

static void white_space_anywhere_is_refused(void **state)
{
    (void)state;
    static const char spaces[] = {' ', '\t', '\n', '\r', '\0'};
    struct buf text = {0};

    make_good(&text);
    for (size_t at = 0; at <= text.n; at++) {
        for (size_t s = 0; s < sizeof spaces; s++) {
            struct buf changed = {0};
            buf_add(&changed, text.p, at);
            buf_add_char(&changed, spaces[s]);
            buf_add(&changed, text.p + at, text.n - at);
            assert_int_equal(open_text(buf_view(&changed)), ERR_DENIED);
            buf_fini(&changed);
        }
    }
    buf_fini(&text);
}

static void padding_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};

    make_good(&text);
    buf_add_str(&text, STR("=="));
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
    text.n--;
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
    buf_fini(&text);
}

/* 64 bytes end in a character of which only two bits count: its other spellings are refused. */
static void stray_bits_in_the_last_character_are_refused(void **state)
{
    (void)state;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct buf text = {0};

    make_good(&text);
    char *last = &text.p[text.n - 1];
    size_t value = (size_t)(strchr(alphabet, *last) - alphabet);
    assert_int_equal(value & 15, 0);
    for (size_t stray = 1; stray < 16; stray++) {
        *last = alphabet[value | stray];
        assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
    }
    buf_fini(&text);
}

static void more_or_fewer_parts_are_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    struct jws jws;

    make_good(&text);
    assert_int_equal(jws_split(buf_view(&text), &jws), OK);
    assert_int_equal(open_text(jws.signed_text), ERR_DENIED);
    assert_int_equal(open_text(STR("")), ERR_DENIED);
    assert_int_equal(open_text(STR("..")), ERR_DENIED);
    assert_int_equal(open_text(STR("....")), ERR_DENIED);
    buf_add_char(&text, '.');
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
    buf_add_str(&text, STR("AAAA"));
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
    buf_fini(&text);
}

static void a_signature_of_another_length_is_refused(void **state)
{
    (void)state;
    unsigned char longer[crypto_sign_BYTES + 3] = {0};
    struct buf text = {0};
    struct buf signature = {0};
    struct jws jws;
    size_t n;

    make_good(&text);
    assert_int_equal(jws_split(buf_view(&text), &jws), OK);
    assert_true(base64url_read(jws.signature, longer, sizeof longer, &n));
    static const size_t lengths[] = {0, 1, 32, 63, 65, 67};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        buf_clear(&signature);
        base64url_add(&signature, longer, lengths[i]);
        assert_int_equal(open_parts(jws.header, jws.payload, buf_view(&signature)), ERR_DENIED);
    }
    buf_fini(&signature);
    buf_fini(&text);
}

static void parts_of_two_good_tokens_do_not_make_a_third(void **state)
{
    (void)state;
    struct claims bob = alice();
    struct buf one = {0};
    struct buf two = {0};
    struct jws a;
    struct jws b;

    memcpy(bob.user.text, "bob", sizeof "bob");
    make_good(&one);
    token_make(&key, &bob, &two);
    assert_int_equal(jws_split(buf_view(&one), &a), OK);
    assert_int_equal(jws_split(buf_view(&two), &b), OK);
    assert_int_equal(open_parts(a.header, b.payload, a.signature), ERR_DENIED);
    assert_int_equal(open_parts(a.header, b.payload, b.signature), OK);
    buf_fini(&one);
    buf_fini(&two);
}

static void an_overlong_token_is_refused_though_well_signed(void **state)
{
    (void)state;
    char payload[TOKEN_MAX + 1];
    struct buf text = {0};

    /* trailing spaces are still JSON: the payload grows until the token is just over the limit */
    for (size_t spaces = 0;; spaces++) {
        int n = snprintf(payload, sizeof payload, "%s%*s", GOOD_PAYLOAD, (int)spaces, "");
        buf_clear(&text);
        jws_sign(&key, str_of(good_header()), str_from(payload, (size_t)n), &text);
        if (text.n > TOKEN_MAX)
            break;
        assert_int_equal(open_text(buf_view(&text)), OK);
    }
    assert_true(text.n <= TOKEN_MAX + 2);
    assert_int_equal(open_text(buf_view(&text)), ERR_DENIED);
    buf_fini(&text);
}

static void a_payload_nested_too_deep_is_refused(void **state)
{
    (void)state;
    assert_int_equal(
        open_payload("{\"iss\":\"chatapp\",\"aud\":\"chatapp\",\"sub\":\"alice\",\"sid\":\"" SESSION
                     "\",\"iat\":1750000000,\"exp\":1750000900,\"x\":"
                     "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}"),
        ERR_DENIED);
}

static void an_empty_keyset_opens_nothing(void **state)
{
    (void)state;
    struct keyset none = {0};
    struct claims claims;
    struct buf text = {0};

    make_good(&text);
    assert_int_equal(token_open(&none, buf_view(&text), STR(TOKEN_AUDIENCE), NOW_MS, &claims),
                     ERR_NOT_FOUND);
    buf_fini(&text);
}

/* --- RFC 8037, appendix A.4: the signature of a JWS ------------------------------------------ */

#define A4_D "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define A4_SIGNED "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define A4_SIGNATURE                                                                               \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

static void a4_key(struct signing_key *key_out)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    size_t n;

    assert_true(base64url_read(STR(A4_D), seed, sizeof seed, &n));
    assert_int_equal(n, sizeof seed);
    signing_key_from_seed(seed, key_out);
}

static void the_example_of_rfc_8037_is_signed_byte_for_byte(void **state)
{
    (void)state;
    struct signing_key rfc;
    struct buf text = {0};

    a4_key(&rfc);
    jws_sign(&rfc, STR("{\"alg\":\"EdDSA\"}"), STR("Example of Ed25519 signing"), &text);
    assert_string_equal(buf_cstr(&text), A4_SIGNED "." A4_SIGNATURE);
    buf_fini(&text);
}

static void the_example_of_rfc_8037_is_verified(void **state)
{
    (void)state;
    struct signing_key rfc;
    struct jws jws;

    a4_key(&rfc);
    assert_int_equal(jws_split(STR(A4_SIGNED "." A4_SIGNATURE), &jws), OK);
    assert_true(jws_verify(&rfc.verify, &jws));
    assert_false(jws_verify(&key.verify, &jws));
}

/* S + L in place of S: the same curve equation holds, so a lax verifier would take it. */
static void a_signature_with_s_not_reduced_is_refused(void **state)
{
    (void)state;
    static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                            0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                            0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    unsigned char signature[crypto_sign_BYTES];
    struct signing_key rfc;
    struct buf text = {0};
    struct jws jws;
    size_t n;

    a4_key(&rfc);
    assert_true(base64url_read(STR(A4_SIGNATURE), signature, sizeof signature, &n));
    sodium_add(signature + 32, order, sizeof order);
    buf_add_str(&text, STR(A4_SIGNED "."));
    base64url_add(&text, signature, sizeof signature);
    assert_int_equal(jws_split(buf_view(&text), &jws), OK);
    assert_false(jws_verify(&rfc.verify, &jws));
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_opens_to_the_claims_it_was_made_of),
        cmocka_unit_test(the_handmade_token_of_these_tests_is_good),
        cmocka_unit_test(the_longest_token_we_make_is_within_the_limit),
        cmocka_unit_test(a_services_token_needs_no_session_and_opens_nothing_else),
        cmocka_unit_test(claims_of_a_later_version_are_skipped),
        cmocka_unit_test(both_keys_verify_during_a_rotation),
        cmocka_unit_test(alg_none_is_refused),
        cmocka_unit_test(a_good_header_without_a_signature_is_refused),
        cmocka_unit_test(hs256_with_the_public_key_as_secret_is_refused),
        cmocka_unit_test(other_algorithms_are_refused_even_when_well_signed),
        cmocka_unit_test(a_wrong_typ_is_refused),
        cmocka_unit_test(an_unknown_kid_asks_for_the_keys_again),
        cmocka_unit_test(a_kid_of_another_length_is_refused),
        cmocka_unit_test(our_kid_over_a_strangers_signature_is_refused),
        cmocka_unit_test(the_kid_of_another_of_our_keys_is_refused),
        cmocka_unit_test(an_embedded_jwk_is_refused),
        cmocka_unit_test(header_members_that_point_elsewhere_are_refused),
        cmocka_unit_test(a_header_member_missing_or_of_another_type_is_refused),
        cmocka_unit_test(a_header_member_twice_is_refused),
        cmocka_unit_test(a_wrong_issuer_is_refused),
        cmocka_unit_test(a_wrong_audience_is_refused),
        cmocka_unit_test(an_audience_of_several_is_refused),
        cmocka_unit_test(a_subject_that_is_no_username_is_refused),
        cmocka_unit_test(a_users_token_without_a_good_session_is_refused),
        cmocka_unit_test(duplicate_claims_are_refused),
        cmocka_unit_test(a_claim_that_is_missing_is_refused),
        cmocka_unit_test(an_expired_token_is_told_apart_from_a_forged_one),
        cmocka_unit_test(a_forged_expired_token_is_only_forged),
        cmocka_unit_test(an_expired_token_for_somebody_else_is_only_refused),
        cmocka_unit_test(a_token_issued_far_in_the_future_is_refused),
        cmocka_unit_test(a_users_token_for_over_a_day_is_refused),
        cmocka_unit_test(a_token_not_valid_yet_is_refused),
        cmocka_unit_test(times_that_are_no_whole_numbers_are_refused),
        cmocka_unit_test(cut_short_anywhere_it_is_refused),
        cmocka_unit_test(any_bit_of_any_byte_changed_is_refused),
        cmocka_unit_test(any_character_replaced_by_any_other_is_refused),
        cmocka_unit_test(white_space_anywhere_is_refused),
        cmocka_unit_test(padding_is_refused),
        cmocka_unit_test(stray_bits_in_the_last_character_are_refused),
        cmocka_unit_test(more_or_fewer_parts_are_refused),
        cmocka_unit_test(a_signature_of_another_length_is_refused),
        cmocka_unit_test(parts_of_two_good_tokens_do_not_make_a_third),
        cmocka_unit_test(an_overlong_token_is_refused_though_well_signed),
        cmocka_unit_test(a_payload_nested_too_deep_is_refused),
        cmocka_unit_test(an_empty_keyset_opens_nothing),
        cmocka_unit_test(the_example_of_rfc_8037_is_signed_byte_for_byte),
        cmocka_unit_test(the_example_of_rfc_8037_is_verified),
        cmocka_unit_test(a_signature_with_s_not_reduced_is_refused),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
