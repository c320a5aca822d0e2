#include "crypto/webpush_seal.h"

#include "crypto/hkdf.h"

static const str INFO = {"WebPush: info", sizeof "WebPush: info"};

/* RFC 8291, section 3.4. */
static void combine(const unsigned char *auth, const unsigned char *shared,
                    const unsigned char *p256dh, const unsigned char *own, unsigned char *to)
{
    struct buf info = {0};

    buf_add_str(&info, INFO);
    buf_add(&info, p256dh, P256_POINT_N);
    buf_add(&info, own, P256_POINT_N);
    hkdf(str_from((const char *)auth, WEBPUSH_AUTH_N),
         str_from((const char *)shared, P256_SECRET_N), buf_view(&info), to, HKDF_MAX);
    buf_fini(&info);
}

enum err webpush_seal(const unsigned char p256dh[P256_POINT_N],
                      const unsigned char auth[WEBPUSH_AUTH_N], const struct p256_key *own,
                      const unsigned char salt[AES128GCM_SALT_N], str text, struct buf *out)
{
    unsigned char shared[P256_SECRET_N];
    unsigned char secret[HKDF_MAX];
    enum err err = p256_agree(own, p256dh, shared);

    if (err != OK)
        return err;
    combine(auth, shared, p256dh, own->point, secret);
    aes128gcm_encode(str_from((const char *)secret, sizeof secret), salt,
                     str_from((const char *)own->point, P256_POINT_N), text, out);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(secret, sizeof secret);
    return OK;
}
