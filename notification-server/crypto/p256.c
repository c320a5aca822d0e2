#include "crypto/p256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "base/check.h"
#include "crypto/pem.h"

#define CURVE "prime256v1"
#define DER_MAX 80 /* of an ECDSA signature: two integers of up to 33 bytes and their heads */
#define HALF (P256_SIGNATURE_N / 2)

/* What libcrypto refuses here it can only refuse for want of memory. */

static EC_GROUP *curve(void)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

    CHECK(group != NULL);
    return group;
}

/* The point that belongs to the private key; false when it is none. */
static bool point_of(const EC_GROUP *group, const BIGNUM *number,
                     unsigned char point_out[P256_POINT_N])
{
    if (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
        return false;
    EC_POINT *point = EC_POINT_new(group);
    CHECK(point != NULL && EC_POINT_mul(group, point, number, NULL, NULL, NULL) == 1);
    size_t n = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, point_out,
                                  P256_POINT_N, NULL);
    EC_POINT_free(point);
    return n == P256_POINT_N;
}

enum err p256_from_private(const unsigned char private_key[P256_PRIVATE_N],
                           struct p256_key *key_out)
{
    EC_GROUP *group = curve();
    BIGNUM *number = BN_secure_new();
    struct p256_key key;

    CHECK(number != NULL && BN_bin2bn(private_key, P256_PRIVATE_N, number) != NULL);
    BN_set_flags(number, BN_FLG_CONSTTIME);
    bool good = point_of(group, number, key.point);
    BN_clear_free(number);
    EC_GROUP_free(group);
    if (!good)
        return ERR_INVALID;
    memcpy(key.private_key, private_key, P256_PRIVATE_N);
    *key_out = key;
    OPENSSL_cleanse(&key, sizeof key);
    return OK;
}

static bool is_on_curve(const EVP_PKEY *pkey)
{
    char name[32];
    size_t n;

    return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(pkey, name, sizeof name, &n) == 1 && strcmp(name, CURVE) == 0;
}

enum err p256_from_pem(str pem, struct p256_key *key_out)
{
    EVP_PKEY *pkey = pem_private_key(pem);
    BIGNUM *number = NULL;
    unsigned char private_key[P256_PRIVATE_N];
    enum err err = ERR_INVALID;

    if (pkey != NULL && is_on_curve(pkey) &&
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, private_key, P256_PRIVATE_N) == P256_PRIVATE_N)
        err = p256_from_private(private_key, key_out);
    OPENSSL_cleanse(private_key, sizeof private_key);
    BN_clear_free(number);
    EVP_PKEY_free(pkey);
    return err;
}

bool p256_is_point(const unsigned char *point, size_t n)
{
    if (n != P256_POINT_N || point[0] != POINT_CONVERSION_UNCOMPRESSED)
        return false;
    EC_GROUP *group = curve();
    EC_POINT *p = EC_POINT_new(group);
    CHECK(p != NULL);
    bool good =
        EC_POINT_oct2point(group, p, point, n, NULL) == 1; /* checks that it is on the curve */
    EC_POINT_free(p);
    EC_GROUP_free(group);
    return good;
}

/* libcrypto's form of a key; `private_key` NULL: a public one. NULL: the point is none. */
static EVP_PKEY *pkey_of(const unsigned char *private_key, const unsigned char *point)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *number = private_key ? BN_secure_new() : NULL;
    EVP_PKEY *pkey = NULL;

    CHECK(build != NULL && context != NULL);
    CHECK(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, CURVE, 0) == 1);
    CHECK(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT_N) ==
          1);
    if (private_key) {
        CHECK(number != NULL && BN_bin2bn(private_key, P256_PRIVATE_N, number) != NULL);
        CHECK(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1);
    }
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    CHECK(params != NULL && EVP_PKEY_fromdata_init(context) == 1);
    if (EVP_PKEY_fromdata(context, &pkey, private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    BN_clear_free(number);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

static enum err derive(EVP_PKEY *own, EVP_PKEY *other, unsigned char secret_out[P256_SECRET_N])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
    size_t n = P256_SECRET_N;

    CHECK(context != NULL && EVP_PKEY_derive_init(context) == 1);
    bool good = EVP_PKEY_derive_set_peer(context, other) == 1 &&
                EVP_PKEY_derive(context, secret_out, &n) == 1 && n == P256_SECRET_N;
    EVP_PKEY_CTX_free(context);
    return good ? OK : ERR_INVALID;
}

enum err p256_agree(const struct p256_key *key, const unsigned char other[P256_POINT_N],
                    unsigned char secret_out[P256_SECRET_N])
{
    if (!p256_is_point(other, P256_POINT_N))
        return ERR_INVALID;
    EVP_PKEY *theirs = pkey_of(NULL, other);
    EVP_PKEY *own = pkey_of(key->private_key, key->point);
    CHECK(own != NULL);
    enum err err = theirs ? derive(own, theirs, secret_out) : ERR_INVALID;
    EVP_PKEY_free(own);
    EVP_PKEY_free(theirs);
    return err;
}

static void raw_signature(const unsigned char *der, size_t n,
                          unsigned char signature_out[P256_SIGNATURE_N])
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)n);

    CHECK(signature != NULL);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature), signature_out, HALF) == HALF);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature), signature_out + HALF, HALF) == HALF);
    ECDSA_SIG_free(signature);
}

void p256_sign(const struct p256_key *key, str text, unsigned char signature_out[P256_SIGNATURE_N])
{
    EVP_PKEY *pkey = pkey_of(key->private_key, key->point);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char der[DER_MAX];
    size_t n = sizeof der;

    CHECK(pkey != NULL && context != NULL);
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pkey) == 1);
    CHECK(EVP_DigestSign(context, der, &n, (const unsigned char *)text.p, text.n) == 1);
    raw_signature(der, n, signature_out);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
}
