/* What all channels work with, from the settings: checked, and with the keys in them parsed. Never changes once the
 * threads are there, but for nothing. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_ENV_H
#define CHATAPP_NOTIFICATION_CHANNEL_ENV_H

#include "base/buf.h"
#include "base/err.h"
#include "channel_settings.h"

struct channel_env;

/* Keeps `settings`. ERR_INVALID: *why is a sentence that begins with the setting's name; none of its value. */
MUST_USE enum err channel_env_open(const struct channel_settings *settings,
                                   struct channel_env **env_out, struct buf *why);
void channel_env_close(struct channel_env **env);

/* Makes sure that webpush has its key, and that Redis says to the api-server which channels there are and the public key
 * of webpush. Blocking; before the first delivery, and again every few seconds, since Redis may lose it. The key is
 * --vapid-key, else the one in Redis (made when missing; the first of several servers wins), and a key that was used is
 * put back into a Redis that has lost it. ERR_UNAVAILABLE: Redis is away. */
MUST_USE enum err channel_env_publish(struct channel_env *env);

#endif
