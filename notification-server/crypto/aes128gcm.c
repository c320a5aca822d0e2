#include "crypto/aes128gcm.h"

#include <limits.h>

#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/hkdf.h"

#define KEY_N 16
#define NONCE_N 12
#define LAST_RECORD "\x02" /* delimiter; padding would follow it */

static const str KEY_INFO = {"Content-Encoding: aes128gcm", sizeof "Content-Encoding: aes128gcm"};
static const str NONCE_INFO = {"Content-Encoding: nonce", sizeof "Content-Encoding: nonce"};

static void add_head(const unsigned char *salt, str key_id, struct buf *out)
{
    const unsigned char size[] = {0, 0, AES128GCM_RECORD_SIZE >> 8, AES128GCM_RECORD_SIZE & 255};

    buf_add(out, salt, AES128GCM_SALT_N);
    buf_add(out, size, sizeof size);
    buf_add_char(out, (char)key_id.n);
    buf_add_str(out, key_id);
}

static void seal(const unsigned char key[KEY_N], const unsigned char nonce[NONCE_N], str text,
                 struct buf *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    unsigned char *to =
        (unsigned char *)buf_reserve(out, text.n + sizeof LAST_RECORD + AES128GCM_TAG_N);
    int n = 0;
    int last = 0;

    CHECK(context != NULL && EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, key, nonce) == 1);
    CHECK(EVP_EncryptUpdate(context, to, &n, (const unsigned char *)text.p, (int)text.n) == 1);
    CHECK(EVP_EncryptUpdate(context, to + n, &last, (const unsigned char *)LAST_RECORD, 1) == 1);
    n += last;
    CHECK(EVP_EncryptFinal_ex(context, to + n, &last) == 1 && last == 0);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, AES128GCM_TAG_N, to + n) == 1);
    EVP_CIPHER_CTX_free(context);
    out->n += (size_t)n + AES128GCM_TAG_N;
}

void aes128gcm_encode(str secret, const unsigned char salt[AES128GCM_SALT_N], str key_id, str text,
                      struct buf *out)
{
    unsigned char key[KEY_N];
    unsigned char nonce[NONCE_N];
    str salt_view = str_from((const char *)salt, AES128GCM_SALT_N);

    CHECK(text.n <= AES128GCM_TEXT_MAX && key_id.n <= UCHAR_MAX);
    hkdf(salt_view, secret, KEY_INFO, key, sizeof key);
    hkdf(salt_view, secret, NONCE_INFO, nonce, sizeof nonce); /* of record 0: as it is */
    add_head(salt, key_id, out);
    seal(key, nonce, text, out);
    sodium_memzero(key, sizeof key);
}
