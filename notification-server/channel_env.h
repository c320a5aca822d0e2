/* What all channels work with: the settings, checked, and with the keys in them parsed. Nothing of it changes once it is
 * open, but for the key of webpush, which comes when Redis has said which it is. Thread-safe. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_ENV_H
#define CHATAPP_NOTIFICATION_CHANNEL_ENV_H

#include <stdatomic.h>

#include "channel_settings.h"
#include "crypto/p256.h"
#include "crypto/rsa_key.h"

struct fcm_account {
    struct buf project;
    struct buf email;
    struct buf token_url;
    struct buf key_id;
    struct rsa_key *key;
};

/* Stays until the end, also when another has taken its place: somebody may be using it. */
struct vapid_key {
    struct p256_key key;
    struct vapid_key *before;
};

struct channel_env {
    const struct channel_settings *settings;
    _Atomic(struct vapid_key *) vapid; /* the newest; NULL: not known yet */
    bool has_fcm;
    struct fcm_account fcm;
    bool has_apns;
    struct p256_key apns;
};

/* Keeps `settings`. ERR_INVALID: *why is a sentence that begins with the setting's name, and says nothing of a secret. */
MUST_USE enum err channel_env_open(const struct channel_settings *settings,
                                   struct channel_env **env_out, struct buf *why);
void channel_env_close(struct channel_env **env);

/* The key of webpush from now on. From one thread at a time. */
void channel_env_set_vapid(struct channel_env *env, const struct p256_key *key);
/* Where it is kept as text, as `web-push generate-vapid-keys` prints it: the private key in base64url. */
MUST_USE enum err vapid_key_read(str text, struct p256_key *key_out);
void vapid_key_write(const struct p256_key *key, struct buf *out);

#endif
