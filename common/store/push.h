/* What the notification-servers say of themselves, in Redis: commands and replies. */
#ifndef CHATAPP_STORE_PUSH_H
#define CHATAPP_STORE_PUSH_H

#include "redis/redis_command.h"
#include "redis/redis_reply.h"

/* Keeps this private key of webpush (as text) unless there is one: the reply is the one that is kept. */
void push_share_vapid(struct redis_command *c, str private_key);
/* `channels`: the names of those that are set up, with a space between. */
void push_announce(struct redis_command *c, str channels, str vapid_public);
/* An array of these two; nils until a notification-server has said so. */
void push_setup(struct redis_command *c);

enum { PUSH_CHANNELS, PUSH_VAPID_PUBLIC };

/* Is `name` one of `channels`? */
bool push_has_channel(str channels, str name);

#endif
