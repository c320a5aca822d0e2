/* Access tokens: every forgery is refused by both servers that check them, and keys can be
 * rotated. */
#include "story.h"

#include <time.h>

#include "auth/base64url.h"
#include "auth/jws.h"
#include "auth/keyset.h"
#include "auth/token.h"

#define HEADER "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}"

struct forge {
    struct stack *stack;
    struct signing_key key;   /* the api-server's own */
    struct signing_key other; /* nobody's */
    struct user ann;
    struct user bob;
};

/* --- making tokens --------------------------------------------------------------------------- */

struct claim_texts {
    const char *iss;
    const char *aud;
    const char *sub;
    const char *sid;
    long long iat;
    long long exp;
    const char *more; /* ",\"nbf\":…" */
};

static struct claim_texts good_claims(const struct forge *f)
{
    long long now = time(NULL);

    return (struct claim_texts){"chatapp", "chatapp", f->ann.name, f->ann.session,
                                now,       now + 900, ""};
}

static const char *payload(const struct claim_texts *c)
{
    return fmt(
        "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"sid\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}",
        c->iss, c->aud, c->sub, c->sid, c->iat, c->exp, c->more);
}

static const char *sign(const struct signing_key *key, const char *header, const char *text)
{
    struct buf token = {0};

    jws_sign(key, str_of(header), str_of(text), &token);
    const char *kept = fmt("%s", buf_cstr(&token));
    buf_fini(&token);
    return kept;
}

static const char *header_of(const struct forge *f)
{
    return fmt(HEADER, f->key.verify.kid);
}

static const char *with_claims(const struct forge *f, struct claim_texts claims)
{
    return sign(&f->key, header_of(f), payload(&claims));
}

static const char *with_header(const struct forge *f, const char *header)
{
    struct claim_texts claims = good_claims(f);

    return sign(&f->key, header, payload(&claims));
}

/* header.payload with another kind of signature. */
static const char *with_signature(const char *header, const char *text, str signature)
{
    struct buf token = {0};

    base64url_add(&token, header, strlen(header));
    buf_add_char(&token, '.');
    base64url_add(&token, text, strlen(text));
    buf_add_char(&token, '.');
    base64url_add(&token, signature.p, signature.n);
    const char *kept = fmt("%s", buf_cstr(&token));
    buf_fini(&token);
    return kept;
}

static const char *hs256(const struct forge *f, const char *alg)
{
    struct claim_texts claims = good_claims(f);
    const char *header =
        fmt("{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", alg, f->key.verify.kid);
    const char *unsigned_text = with_signature(header, payload(&claims), STR(""));
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, f->key.verify.public_key,
                                      sizeof f->key.verify.public_key);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)unsigned_text,
                                        strlen(unsigned_text) - 1);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    return with_signature(header, payload(&claims), str_from((const char *)mac, sizeof mac));
}

static const char *with_byte_changed(const char *token, size_t at)
{
    char *changed = (char *)(uintptr_t)fmt("%s", token);

    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    return changed;
}

/* --- what the servers say -------------------------------------------------------------------- */

static void refused_by_api_server(struct forge *f, const char *what, const char *token)
{
    const struct http_answer *a = http_do(f->stack, "GET", "/api/profile", token, NULL);
    const char *challenge = http_header(a, "WWW-Authenticate");

    if (a->status != 401)
        fail_at(HERE, "%s: the api-server says %d", what, a->status);
    if (challenge == NULL || strncmp(challenge, "Bearer", 6) != 0)
        fail_at(HERE, "%s: no WWW-Authenticate: Bearer", what);
}

static void refused_by_chat_server(struct forge *f, const char *what, const char *token)
{
    struct ws *ws = stack_socket(f->stack, 0, fmt("Authorization: Bearer %s\r\n", token));

    if (ws->core.status == 101)
        ws_expect_close(ws, 4401); /* a genuine one, of a session that Redis does not know */
    else if (ws->core.status != 401)
        fail_at(HERE, "%s: the chat-server says %d to the header", what, ws->core.status);
    stack_hang_up(f->stack, ws);
    ws = stack_socket(f->stack, 0, "");
    ws_send(ws, "{\"type\":\"auth\",\"token\":\"%s\"}", token);
    ws_expect_close(ws, strlen(token) > TOKEN_MAX ? 1009 : 4401);
    stack_hang_up(f->stack, ws);
}

static void refused(struct forge *f, const char *what, const char *token)
{
    refused_by_api_server(f, what, token);
    refused_by_chat_server(f, what, token);
}

static void accepted(struct forge *f, const struct user *u, const char *token)
{
    (void)http_expect(f->stack, 200, "GET", "/api/profile", token, NULL);
    struct ws *ws = stack_socket(f->stack, 0, fmt("Authorization: Bearer %s\r\n", token));
    ws_expect(ws, "{'type':'ready','user':'%s'}", u->name);
    stack_hang_up(f->stack, ws);
}

/* --- the cases ------------------------------------------------------------------------------- */

/* Otherwise what follows would prove nothing. */
static void what_this_test_makes_is_as_good_as_the_server_s(void **state)
{
    struct forge *f = *state;

    accepted(f, &f->ann, f->ann.access);
    accepted(f, &f->ann, with_claims(f, good_claims(f)));
}

static void other_algorithms_are_refused(void **state)
{
    struct forge *f = *state;
    struct claim_texts claims = good_claims(f);
    static const char *const NONE[] = {"none", "None", "NONE", ""};

    for (size_t i = 0; i < 4; i++) {
        const char *header =
            fmt("{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", NONE[i], f->key.verify.kid);
        refused(f, "alg none", with_signature(header, payload(&claims), STR("")));
        refused(f, "alg none, well signed", sign(&f->key, header, payload(&claims)));
    }
    refused(f, "HS256 with the public key", hs256(f, "HS256"));
    refused(f, "HMAC that says EdDSA", hs256(f, "EdDSA"));
    refused(f, "alg RS256",
            with_header(f, fmt("{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
                               f->key.verify.kid)));
}

static void other_headers_are_refused(void **state)
{
    struct forge *f = *state;
    const char *kid = f->key.verify.kid;
    struct claim_texts claims = good_claims(f);
    struct buf x = {0};

    base64url_add(&x, f->other.verify.public_key, sizeof f->other.verify.public_key);
    refused(f, "typ JWT",
            with_header(f, fmt("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid)));
    refused(f, "no typ", with_header(f, fmt("{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid)));
    refused(f, "no kid", with_header(f, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"}"));
    refused(f, "an unknown kid", with_header(f, fmt(HEADER, "AAAAAAAAAAAAAAAA")));
    refused(f, "an embedded key",
            sign(&f->other,
                 fmt("{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\",\"jwk\":{\"kty\":"
                     "\"OKP\",\"crv\":\"Ed25519\","
                     "\"x\":\"%s\"}}",
                     kid, buf_cstr(&x)),
                 payload(&claims)));
    refused(f, "jku",
            with_header(f, fmt("{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\","
                               "\"jku\":\"https://example.org/\"}",
                               kid)));
    refused(
        f, "crit",
        with_header(
            f, fmt("{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\",\"crit\":[\"x\"]}", kid)));
    refused(f, "alg twice",
            with_header(f, fmt("{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\",\"typ\":\"at+jwt\","
                               "\"kid\":\"%s\"}",
                               kid)));
    buf_fini(&x);
}

static void other_keys_are_refused(void **state)
{
    struct forge *f = *state;
    struct claim_texts claims = good_claims(f);

    refused(f, "another key under our kid", sign(&f->other, header_of(f), payload(&claims)));
    refused(f, "another key under its own kid",
            sign(&f->other, fmt(HEADER, f->other.verify.kid), payload(&claims)));
}

static void other_claims_are_refused(void **state)
{
    struct forge *f = *state;
    long long now = time(NULL);
    struct claim_texts c = good_claims(f);

    c.aud = "notify";
    refused(f, "another audience", with_claims(f, c));
    c = good_claims(f);
    c.iss = "somebody";
    refused(f, "another issuer", with_claims(f, c));
    c = good_claims(f);
    c.iat = now - 2000;
    c.exp = now - 1000;
    refused(f, "expired", with_claims(f, c));
    c = good_claims(f);
    c.iat = now + 1000;
    c.exp = now + 2000;
    refused(f, "issued in the future", with_claims(f, c));
    c = good_claims(f);
    c.more = fmt(",\"nbf\":%lld", now + 1000);
    refused(f, "not yet valid", with_claims(f, c));
    c = good_claims(f);
    c.sid = "aaaaaaaaaaaaaaaaaaaaaaaa";
    refused(f, "a session that there is not", with_claims(f, c));
    c = good_claims(f);
    c.sub = f->bob.name;
    refused(f, "somebody else's session", with_claims(f, c));
    c = good_claims(f);
    c.sub = "nobody-here";
    refused(f, "a user that there is not", with_claims(f, c));
    c = good_claims(f);
    c.sub = "Ann";
    refused(f, "no username", with_claims(f, c));
    c = good_claims(f);
    c.sid = "x:y";
    refused(f, "no session id", with_claims(f, c));
}

static void damaged_tokens_are_refused(void **state)
{
    struct forge *f = *state;
    const char *good = f->ann.access;
    size_t n = strlen(good);
    size_t first_dot = strcspn(good, ".");
    size_t second_dot = first_dot + 1 + strcspn(good + first_dot + 1, ".");

    refused(f, "a byte of the header", with_byte_changed(good, 5));
    refused(f, "a byte of the claims", with_byte_changed(good, first_dot + 9));
    refused(f, "a byte of the signature", with_byte_changed(good, second_dot + 9));
    refused(f, "cut short", fmt("%.*s", (int)n - 1, good));
    refused(f, "no signature", fmt("%.*s", (int)second_dot + 1, good));
    refused(f, "two parts", fmt("%.*s", (int)second_dot, good));
    refused(f, "four parts", fmt("%s.x", good));
    refused(f, "padded", fmt("%s=", good));
    refused(f, "a refresh token", f->ann.refresh);
    refused(f, "nonsense", "x");
    refused(f, "very long", fmt_repeat('a', 2000));
}

static void the_header_must_be_a_single_bearer(void **state)
{
    struct forge *f = *state;
    const char *const lines[] = {
        "Authorization: Basic YW5uOnBhc3N3b3Jk",
        fmt("Authorization: %s", f->ann.access),
        fmt("Authorization: Bearer %s x", f->ann.access),
        "Authorization: Bearer",
        "Authorization: Bearer ",
        fmt("Authorization: Digest %s", f->ann.access),
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int status =
            raw_ask(f->stack->api.port,
                    str_of(fmt("GET /api/profile HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", lines[i])));
        if (status != 401)
            fail_at(HERE, "%d for %s", status, lines[i]);
    }
    int twice =
        raw_ask(f->stack->api.port,
                str_of(fmt("GET /api/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                           "Authorization: Bearer %s\r\n\r\n",
                           f->ann.access, f->bob.access)));
    assert_true(twice == 400 || twice == 401);
    assert_int_equal(
        raw_ask(
            f->stack->api.port,
            str_of(fmt("GET /api/profile HTTP/1.1\r\nHost: x\r\nauthorization: bEARER %s\r\n\r\n",
                       f->ann.access))),
        200);
}

static void a_token_in_the_url_is_no_token(void **state)
{
    struct forge *f = *state;
    struct ws *ws = ws_new(f->stack->chat[0].port,
                           fmt("/chat?token=%s&access_token=%s", f->ann.access, f->ann.access), "");

    if (ws->core.state == WS_OPEN) {
        ws_send(ws, "{'type':'ping','id':'p'}");
        ws_expect_close(ws, 4401);
    }
    ws_free(ws);
    (void)http_expect(f->stack, 401, "GET", fmt("/api/profile?access_token=%s", f->ann.access),
                      NULL, NULL);
    assert_false(daemon_log_has(&f->stack->api, f->ann.access));
    assert_false(daemon_log_has(&f->stack->chat[0], f->ann.access));
}

/* The old key signs until everybody has had time to read the new one. */
static bool signs_with_the_new_key(struct forge *f, struct user *later_out)
{
    *later_out = user_login(&f->bob, "after the rotation");
    return strncmp(later_out->access, f->ann.access, strcspn(later_out->access, ".")) != 0;
}

static json_t *jwks(struct stack *s)
{
    return ITEM_OF(http_expect(s, 200, "GET", "/.well-known/jwks.json", NULL, NULL), "keys");
}

static void the_public_keys_are_public_and_the_private_ones_private(void **state)
{
    struct forge *f = *state;
    json_t *keys = jwks(f->stack);

    assert_true(json_array_size(keys) >= 1);
    for (size_t i = 0; i < json_array_size(keys); i++)
        EXPECT_JSON(
            json_array_get(keys, i),
            "{'kty':'OKP','crv':'Ed25519','alg':'EdDSA','use':'sig','kid':'*','x':'*','d':null}");
    const char *in_redis = redis_text(&f->stack->redis, "GET jwks");
    assert_non_null(in_redis);
    assert_null(strstr(in_redis, "\"d\""));
}

static void rotating_the_key_logs_nobody_out(void **state)
{
    struct forge *f = *state;
    const char *file = fmt("--signing-key-file=%s/signing-key", f->stack->dir.path);
    const char *argv[] = {daemon_path("api-server"), "rotate-key", file, NULL};
    struct buf err = {0};
    struct user later;

    int status = process_run(argv, NULL, NULL, &err);
    if (status != 0)
        fail_at(HERE, "rotate-key: %d %s", status, buf_cstr(&err));
    buf_fini(&err);
    WAIT_UNTIL(json_array_size(jwks(f->stack)) == 2);
    assert_string_not_equal(TEXT_OF(json_array_get(jwks(f->stack), 0), "kid"), f->key.verify.kid);
    accepted(f, &f->ann, f->ann.access);
    WAIT_UNTIL(signs_with_the_new_key(f, &later));
    accepted(f, &f->ann, f->ann.access);
    accepted(f, &f->bob, later.access);
}

/* Also what the api-server has found genuine before. */
static void a_key_that_is_taken_away_takes_its_tokens_with_it(void **state)
{
    struct forge *f = *state;
    struct signing_key key;
    struct keyset keys;
    struct buf why = {0};

    (void)http_expect(f->stack, 200, "GET", "/api/profile", f->ann.access, NULL);
    if (keyset_open_file(fmt("%s/another-key", f->stack->dir.path), &key, &keys, &why) != OK)
        fail_at(HERE, "%s", buf_cstr(&why));
    assert_int_equal(rename(fmt("%s/another-key", f->stack->dir.path),
                            fmt("%s/signing-key", f->stack->dir.path)),
                     0);
    WAIT_UNTIL(json_array_size(jwks(f->stack)) == 1);
    WAIT_UNTIL(http_do(f->stack, "GET", "/api/profile", f->ann.access, NULL)->status == 401);
    struct user later = user_login(&f->ann, "with the new key");
    (void)user_expect(&later, 200, "GET", "/api/profile", NULL);
}

static int setup(void **state)
{
    static struct forge f;
    struct keyset keys;
    struct buf why = {0};

    f.stack = stack_start((struct stack_options){.chat_servers = 1});
    if (keyset_open_file(fmt("%s/signing-key", f.stack->dir.path), &f.key, &keys, &why) != OK)
        fail_at(HERE, "%s", buf_cstr(&why));
    signing_key_new(&f.other);
    f.ann = user_new(f.stack, "ann");
    f.bob = user_new(f.stack, "bob");
    *state = &f;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct forge *f = *state;

    stack_stop(f->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_this_test_makes_is_as_good_as_the_server_s),
        CASE(other_algorithms_are_refused),
        CASE(other_headers_are_refused),
        CASE(other_keys_are_refused),
        CASE(other_claims_are_refused),
        CASE(damaged_tokens_are_refused),
        CASE(the_header_must_be_a_single_bearer),
        CASE(a_token_in_the_url_is_no_token),
        CASE(the_public_keys_are_public_and_the_private_ones_private),
        CASE(rotating_the_key_logs_nobody_out),
        CASE(a_key_that_is_taken_away_takes_its_tokens_with_it),
        CASE(all_ends_well),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, setup, NULL);
}
