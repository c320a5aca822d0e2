#include "crypto/jwt.h"

#include "auth/base64url.h"

/* header.payload, which is what is signed: a view into *out. */
static str add_signed_text(str header, str payload, struct buf *out)
{
    size_t start = out->n;

    base64url_add(out, header.p, header.n);
    buf_add_char(out, '.');
    base64url_add(out, payload.p, payload.n);
    return str_from(out->p + start, out->n - start);
}

void jwt_es256(const struct p256_key *key, str header, str payload, struct buf *out)
{
    unsigned char signature[P256_SIGNATURE_N];

    p256_sign(key, add_signed_text(header, payload, out), signature);
    buf_add_char(out, '.');
    base64url_add(out, signature, sizeof signature);
}

void jwt_rs256(const struct rsa_key *key, str header, str payload, struct buf *out)
{
    struct buf signature = {0};

    rsa_key_sign(key, add_signed_text(header, payload, out), &signature);
    buf_add_char(out, '.');
    base64url_add(out, signature.p, signature.n);
    buf_fini(&signature);
}
