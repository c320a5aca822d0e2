/* What is kept of the logs, and for how long: going through all of them, and dropping what is too much. */
#ifndef CHATAPP_STORE_RETENTION_H
#define CHATAPP_STORE_RETENTION_H

#include "redis/redis_command.h"
#include "redis/redis_reply.h"

/* The next part of the whole store; begins with the cursor "0", and is through when the reply says that again. */
void retention_scan(struct redis_command *c, str cursor);
str retention_cursor(const struct redisReply *reply);
/* Logs in this part, by number; false: there are no more. The id is borrowed from the reply. */
bool retention_found(const struct redisReply *reply, size_t i, str *conversation_out);

/* Drops records beyond the newest `keep` (0: any number may stay) and those from before `before_ms` (0: from any time), but
 * at most `most`: the oldest ones. */
void retention_trim(struct redis_command *c, str conversation, int64_t keep, int64_t before_ms,
                    int64_t most);
/* How many it dropped; *more_out: it may find more. */
int64_t retention_trimmed(const struct redisReply *reply, bool *more_out);

#endif
