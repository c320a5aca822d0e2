#include "crypto/hkdf.h"

#include "base/check.h"

static void hmac(str key, str a, str b, unsigned char out[HKDF_MAX])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.p, key.n);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)a.p, a.n);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)b.p, b.n);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void hkdf(str salt, str secret, str info, unsigned char *to, size_t n)
{
    unsigned char extracted[HKDF_MAX];
    unsigned char block[HKDF_MAX];

    CHECK(n <= HKDF_MAX);
    hmac(salt, secret, STR(""), extracted);
    hmac(str_from((const char *)extracted, sizeof extracted), info, STR("\x01"), block);
    memcpy(to, block, n);
    sodium_memzero(extracted, sizeof extracted);
    sodium_memzero(block, sizeof block);
}
