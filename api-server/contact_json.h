/* A user's contacts and blocks as JSON, by name. */
#ifndef CHATAPP_API_CONTACT_JSON_H
#define CHATAPP_API_CONTACT_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "redis/redis_reply.h"

/* {username, display_name, state}, with `key` or NULL; without a state when it is NULL. */
void contact_json(struct buf *out, const char *key, str username, str display_name,
                  const char *state);

/* "contacts":[…] and "blocks":[…] from the reply to contact_list(). Asks Redis for the names, many at a time; who was
 * erased is left out, and forgotten. */
MUST_USE enum err contacts_json(struct buf *out, str user, const struct redisReply *list);
MUST_USE enum err blocks_json(struct buf *out, str user, const struct redisReply *list);

#endif
