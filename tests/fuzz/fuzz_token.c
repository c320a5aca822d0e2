/* libFuzzer: tokens, JWK Sets and Authorization headers from outside. The first byte picks:
 *
 *     t  text as a token
 *     j  text as a JWK Set
 *     b  text as an Authorization header
 *     s  header, line break, payload: signed by a key of ours, to reach what lies behind that check
 *     p  payload alone, signed under our own header
 *
 * What is accepted must come out of token_make() or keyset_to_jwks() as something acceptable. */
#include <sodium.h>

#include "auth/bearer.h"
#include "auth/jws.h"
#include "auth/token.h"
#include "base/check.h"

#define NOW_MS INT64_C(1750000000000)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signing_key key;
static struct keyset keys;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const unsigned char seed[crypto_sign_SEEDBYTES] = {1, 2, 3};

    (void)argc;
    (void)argv;
    CHECK(sodium_init() >= 0);
    signing_key_from_seed(seed, &key);
    keys = (struct keyset){.n = 1, .keys = {key.verify}};
    return 0;
}

static bool valid_name(str name)
{
    struct username parsed;

    return username_parse(name, &parsed) == OK && str_eq(username_view(&parsed), name);
}

static bool same(const struct claims *a, const struct claims *b)
{
    return str_eq(username_view(&a->user), username_view(&b->user)) &&
           str_eq(str_of(a->session), str_of(b->session)) &&
           str_eq(str_of(a->audience), str_of(b->audience)) && a->issued_s == b->issued_s &&
           a->expires_s == b->expires_s;
}

static void try_token(str text)
{
    struct claims claims;
    struct claims again;
    struct buf made = {0};

    if (token_open(&keys, text, STR(TOKEN_AUDIENCE), NOW_MS, &claims) != OK)
        return;
    CHECK(text.n <= TOKEN_MAX);
    CHECK(valid_name(username_view(&claims.user)) && id_is_valid(str_of(claims.session)));
    CHECK((claims.expires_s + TOKEN_LEEWAY_S) * 1000 > NOW_MS);
    token_make(&key, &claims, &made);
    CHECK(token_open(&keys, buf_view(&made), STR(TOKEN_AUDIENCE), NOW_MS, &again) == OK);
    CHECK(same(&claims, &again));
    buf_fini(&made);
}

static void try_signed(str header, str payload)
{
    struct buf text = {0};

    jws_sign(&key, header, payload, &text);
    try_token(buf_view(&text));
    buf_fini(&text);
}

static void try_payload(str payload)
{
    struct buf header = {0};

    buf_printf(&header, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", key.verify.kid);
    try_signed(buf_view(&header), payload);
    buf_fini(&header);
}

static void try_jwks(str text)
{
    struct keyset read;
    struct keyset again;
    struct buf written = {0};

    if (keyset_from_jwks(text, &read) != OK)
        return;
    CHECK(read.n > 0 && read.n <= KEYSET_MAX);
    for (size_t i = 0; i < read.n; i++)
        CHECK(keyset_find(&read, str_of(read.keys[i].kid)) != NULL);
    keyset_to_jwks(&read, &written);
    CHECK(keyset_from_jwks(buf_view(&written), &again) == OK);
    CHECK(again.n == read.n && memcmp(again.keys, read.keys, read.n * sizeof *read.keys) == 0);
    buf_fini(&written);
}

static void try_bearer(str text)
{
    str token;

    if (bearer_parse(text, &token) != OK)
        return;
    CHECK(token.n > 0 && token.n <= TOKEN_MAX && token.p > text.p &&
          token.p + token.n <= text.p + text.n);
    try_token(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    str text = str_from((const char *)data + 1, size - 1);
    str rest = text;
    str header;
    switch (data[0]) {
    case 't': try_token(text); break;
    case 'j': try_jwks(text); break;
    case 'b': try_bearer(text); break;
    case 'p': try_payload(text); break;
    case 's':
        if (str_split(&rest, '\n', &header) && !str_is_none(rest))
            try_signed(header, rest);
        break;
    default: break;
    }
    return 0;
}
