/* The content coding aes128gcm (RFC 8188), of one record. */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_AES128GCM_H
#define CHATAPP_NOTIFICATION_CRYPTO_AES128GCM_H

#include "base/buf.h"

#define AES128GCM_SALT_N 16
#define AES128GCM_RECORD_SIZE 4096
/* What the coding adds to a text: the head without its key id, the delimiter, the tag. */
#define AES128GCM_HEAD_N (AES128GCM_SALT_N + 4 + 1)
#define AES128GCM_TAG_N 16
#define AES128GCM_TEXT_MAX (AES128GCM_RECORD_SIZE - AES128GCM_TAG_N - 1)

/* Appends `text` (at most AES128GCM_TEXT_MAX bytes) in the coding. `secret`: the input keying material. `key_id`: at
 * most 255 bytes, by which the receiver knows it. A salt is used once. */
void aes128gcm_encode(str secret, const unsigned char salt[AES128GCM_SALT_N], str key_id, str text,
                      struct buf *out);

#endif
