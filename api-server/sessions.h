/* The caller's sessions as JSON. */
#ifndef CHATAPP_API_SESSIONS_H
#define CHATAPP_API_SESSIONS_H

#include "base/buf.h"
#include "redis/redis_reply.h"

/* "sessions":[…] from the reply to session_list(). */
void sessions_json(struct buf *out, const struct redisReply *reply, str current);

#endif
