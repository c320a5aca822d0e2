#include "auth/jws.h"

#include "auth/base64url.h"

void jws_sign(const struct signing_key *key, str header, str payload, struct buf *out)
{
    unsigned char signature[crypto_sign_BYTES];
    size_t start = out->n;

    base64url_add(out, header.p, header.n);
    buf_add_char(out, '.');
    base64url_add(out, payload.p, payload.n);
    (void)crypto_sign_detached(signature, NULL, (const unsigned char *)out->p + start,
                               out->n - start, key->secret_key);
    buf_add_char(out, '.');
    base64url_add(out, signature, sizeof signature);
}

enum err jws_split(str text, struct jws *jws_out)
{
    str rest = text;
    struct jws jws;

    if (!str_split(&rest, '.', &jws.header) || !str_split(&rest, '.', &jws.payload) ||
        !str_split(&rest, '.', &jws.signature) || !str_is_none(rest))
        return ERR_INVALID;
    jws.signed_text = str_from(text.p, jws.header.n + 1 + jws.payload.n);
    *jws_out = jws;
    return OK;
}

bool jws_verify(const struct verify_key *key, const struct jws *jws)
{
    unsigned char signature[crypto_sign_BYTES];
    size_t n;

    if (!base64url_read(jws->signature, signature, sizeof signature, &n) || n != sizeof signature)
        return false;
    return crypto_sign_verify_detached(signature, (const unsigned char *)jws->signed_text.p,
                                       jws->signed_text.n, key->public_key) == 0;
}
