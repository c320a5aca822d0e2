#include "crypto/rsa_key.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/pem.h"

/* struct rsa_key is libcrypto's EVP_PKEY by another name. */
static EVP_PKEY *pkey_of(const struct rsa_key *key)
{
    return (EVP_PKEY *)(uintptr_t)key;
}

enum err rsa_key_from_pem(str pem, struct rsa_key **key_out)
{
    EVP_PKEY *pkey = pem_private_key(pem);

    if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA ||
        EVP_PKEY_get_bits(pkey) < RSA_KEY_BITS_MIN) {
        EVP_PKEY_free(pkey);
        return ERR_INVALID;
    }
    *key_out = (struct rsa_key *)pkey;
    return OK;
}

void rsa_key_free(struct rsa_key **key)
{
    EVP_PKEY_free(pkey_of(*key));
    *key = NULL;
}

void rsa_key_sign(const struct rsa_key *key, str text, struct buf *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t n = (size_t)EVP_PKEY_get_size(pkey_of(key));

    CHECK(context != NULL);
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pkey_of(key)) == 1);
    CHECK(EVP_DigestSign(context, (unsigned char *)buf_reserve(out, n), &n,
                         (const unsigned char *)text.p, text.n) == 1);
    out->n += n;
    EVP_MD_CTX_free(context);
}
