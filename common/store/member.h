/* What the api-server asks about members of a conversation, beyond store/conversation.h. */
#ifndef CHATAPP_STORE_MEMBER_H
#define CHATAPP_STORE_MEMBER_H

#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

/* The role as a bulk string, or nil. */
void member_role(struct redis_command *c, str conversation, str user);
/* All, as a flat array: name, role, name, role … */
void member_list(struct redis_command *c, str conversation);
/* {"ok"} or {"not_found"}, as account_answer() reads them. */
void member_mute(struct redis_command *c, str conversation, str user, int64_t until_ms);

/* For the newest page of a log without a script, which costs Redis half as much: [seq, created], the number of kept
 * records, the records. */
void log_state(struct redis_command *c, str conversation);
void log_length(struct redis_command *c, str conversation);
void log_newest(struct redis_command *c, str conversation, int64_t limit);

/* When something last happened in the conversation, as far as its member `user` sees it. */
void conversation_last_time(struct redis_command *c, str conversation, str user);
/* ERR_NOT_FOUND: not a member. */
MUST_USE enum err conversation_last_timed(const struct redisReply *reply, int64_t *time_out);

/* The store's epoch (a text), which changes when data was lost; nil until a chat-server has made one. */
void store_epoch(struct redis_command *c);

/* The ids of a user's conversations with their times of joining, as a flat array. */
void user_conversations(struct redis_command *c, str user);

#endif
