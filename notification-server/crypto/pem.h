/* Private keys as PEM text, for the files of this folder. */
#ifndef CHATAPP_NOTIFICATION_CRYPTO_PEM_H
#define CHATAPP_NOTIFICATION_CRYPTO_PEM_H

#include <openssl/types.h>

#include "base/str.h"

/* The first private key in the text, not one that needs a password; NULL: there is none. EVP_PKEY_free() it. */
EVP_PKEY *pem_private_key(str pem);

#endif
