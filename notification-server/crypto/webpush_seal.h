/* Message encryption for Web Push (RFC 8291): only the browser that subscribed can read it. */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_WEBPUSH_SEAL_H
#define CHATAPP_NOTIFICATION_CRYPTO_WEBPUSH_SEAL_H

#include "crypto/aes128gcm.h"
#include "crypto/p256.h"

#define WEBPUSH_AUTH_N 16
/* A push service need not take more than 4096 bytes (RFC 8030, section 7.2). */
#define WEBPUSH_BODY_MAX 4096
#define WEBPUSH_TEXT_MAX (WEBPUSH_BODY_MAX - AES128GCM_HEAD_N - P256_POINT_N - 1 - AES128GCM_TAG_N)

/* Appends the body of the request. `p256dh` and `auth` are the subscription's; `own` a key and `salt` bytes that were
 * never used before. At most WEBPUSH_TEXT_MAX bytes of text. ERR_INVALID: p256dh is no point. */
MUST_USE enum err webpush_seal(const unsigned char p256dh[P256_POINT_N],
                               const unsigned char auth[WEBPUSH_AUTH_N], const struct p256_key *own,
                               const unsigned char salt[AES128GCM_SALT_N], str text,
                               struct buf *out);

#endif
