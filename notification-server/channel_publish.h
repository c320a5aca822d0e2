/* What the notification-servers share through Redis with each other and with the api-server: the key of webpush, and which
 * channels are set up. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_PUBLISH_H
#define CHATAPP_NOTIFICATION_CHANNEL_PUBLISH_H

#include "channel_env.h"

/* Makes sure that webpush has its key and that Redis knows. Blocking, and quick; before the first delivery, and again
 * every few seconds, since Redis may lose it. From one thread at a time. The key is --vapid-key, or the one in Redis, made
 * when missing (of several servers at once, one makes it). A Redis that has lost it gets it again. ERR_UNAVAILABLE: Redis
 * is away. */
MUST_USE enum err channel_publish(struct channel_env *env);

#endif
