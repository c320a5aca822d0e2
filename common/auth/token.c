#include "auth/token.h"

#include <stdio.h>

#include "auth/base64url.h"
#include "auth/jws.h"
#include "base/check.h"
#include "json/json_in.h"
#include "json/json_out.h"

#define HEADER_MEMBERS 3               /* alg, typ, kid, and nothing else */
#define LATEST_S INT64_C(253402300799) /* the end of the year 9999 */
#define MS_PER_S 1000

/* --- making ---------------------------------------------------------------------------------- */

static bool is_users(const struct claims *claims)
{
    return str_eq(str_of(claims->audience), STR(TOKEN_AUDIENCE));
}

static void write_header(const struct signing_key *key, struct buf *out)
{
    buf_printf(out, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", key->verify.kid);
}

static void write_claims(const struct claims *claims, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "iss", STR(TOKEN_ISSUER));
    json_put_str(out, "aud", str_of(claims->audience));
    json_put_str(out, "sub", username_view(&claims->user));
    if (claims->session[0] != '\0')
        json_put_str(out, "sid", str_of(claims->session));
    json_put_int(out, "iat", claims->issued_s);
    json_put_int(out, "exp", claims->expires_s);
    json_close(out, '}');
}

void token_make(const struct signing_key *key, const struct claims *claims, struct buf *out)
{
    struct buf header = {0};
    struct buf payload = {0};

    CHECK(claims->audience[0] != '\0');
    CHECK(!is_users(claims) || id_is_valid(str_of(claims->session)));
    write_header(key, &header);
    write_claims(claims, &payload);
    size_t start = out->n;
    jws_sign(key, buf_view(&header), buf_view(&payload), out);
    CHECK(out->n - start <= TOKEN_MAX);
    buf_fini(&header);
    buf_fini(&payload);
}

/* --- opening --------------------------------------------------------------------------------- */

/* One part of the token as a JSON object; json_in_close() it. */
static enum err open_part(str part, struct json_in *in_out)
{
    char text[TOKEN_MAX];
    size_t n;

    if (!base64url_read(part, text, sizeof text, &n))
        return ERR_INVALID;
    return json_in_open(str_from(text, n), in_out); /* jansson copies */
}

static enum err find_key(str header, const struct keyset *keys, const struct verify_key **key_out)
{
    struct json_in in;
    enum err err = OK;

    if (open_part(header, &in) != OK)
        return ERR_DENIED;
    str alg = json_in_str(&in, "alg", 1, TOKEN_MAX);
    str typ = json_in_str(&in, "typ", 1, TOKEN_MAX);
    str kid = json_in_str(&in, "kid", KEY_ID_LEN, KEY_ID_LEN);
    if (json_in_bad(&in) || json_object_size(in.root) != HEADER_MEMBERS ||
        !str_eq(alg, STR("EdDSA")) || !str_eq(typ, STR("at+jwt"))) {
        err = ERR_DENIED;
    } else {
        *key_out = keyset_find(keys, kid);
        if (*key_out == NULL)
            err = ERR_NOT_FOUND;
    }
    json_in_close(&in);
    return err;
}

static void copy(char *to, size_t size, str from)
{
    (void)snprintf(to, size, "%.*s", STR_ARG(from));
}

/* Only the spelling that token_make() uses: folded already. */
static bool read_user(str text, struct username *user_out)
{
    return username_parse(text, user_out) == OK && str_eq(username_view(user_out), text);
}

/* A user's token has a session, or it could never be ended; a service's need not. */
static bool read_session(str text, struct claims *claims)
{
    if (str_is_none(text))
        return !is_users(claims);
    copy(claims->session, sizeof claims->session, text);
    return id_is_valid(text);
}

/* Members that we do not know are skipped: a newer api-server may write more. */
static bool read_claims(struct json_in *in, struct claims *claims, int64_t *not_before_out)
{
    str issuer = json_in_str(in, "iss", 1, TOKEN_MAX);
    str audience = json_in_str(in, "aud", 1, sizeof claims->audience - 1);
    str user = json_in_str(in, "sub", USERNAME_MIN, USERNAME_MAX);
    str session = json_in_str_optional(in, "sid", ID_LEN, ID_LEN);

    claims->issued_s = json_in_int(in, "iat", 0, LATEST_S);
    claims->expires_s = json_in_int(in, "exp", 0, LATEST_S);
    *not_before_out =
        json_in_has(in, "nbf") ? json_in_int(in, "nbf", 0, LATEST_S) : claims->issued_s;
    if (json_in_bad(in) || !str_eq(issuer, STR(TOKEN_ISSUER)))
        return false;
    copy(claims->audience, sizeof claims->audience, audience);
    return read_user(user, &claims->user) && read_session(session, claims);
}

static enum err check_times(const struct claims *claims, int64_t not_before_s, int64_t now_s)
{
    if (claims->issued_s > now_s + TOKEN_LEEWAY_S || not_before_s > now_s + TOKEN_LEEWAY_S)
        return ERR_DENIED;
    if (is_users(claims) && claims->expires_s - claims->issued_s > TOKEN_LIFE_MAX_S)
        return ERR_DENIED;
    return now_s >= claims->expires_s + TOKEN_LEEWAY_S ? ERR_EXPIRED : OK;
}

static enum err check_claims(str payload, str audience, int64_t now_s, struct claims *claims_out)
{
    struct claims claims = {0};
    struct json_in in;
    int64_t not_before_s;

    if (open_part(payload, &in) != OK)
        return ERR_DENIED;
    bool good =
        read_claims(&in, &claims, &not_before_s) && str_eq(str_of(claims.audience), audience);
    json_in_close(&in);
    enum err err = good ? check_times(&claims, not_before_s, now_s) : ERR_DENIED;
    if (err == OK)
        *claims_out = claims;
    return err;
}

/* Nothing that the payload says is looked at before the signature has been found good. */
enum err token_open(const struct keyset *keys, str text, str audience, int64_t now_ms,
                    struct claims *claims_out)
{
    const struct verify_key *key;
    struct jws jws;

    if (text.n > TOKEN_MAX || jws_split(text, &jws) != OK)
        return ERR_DENIED;
    enum err err = find_key(jws.header, keys, &key);
    if (err != OK)
        return err;
    if (!jws_verify(key, &jws))
        return ERR_DENIED;
    return check_claims(jws.payload, audience, now_ms / MS_PER_S, claims_out);
}
