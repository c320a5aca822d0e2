/* What the api-server asks about members of a conversation, beyond store/conversation.h. */
#ifndef CHATAPP_STORE_MEMBER_H
#define CHATAPP_STORE_MEMBER_H

#include "redis/redis_command.h"

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

/* The ids of a user's conversations with their times of joining, as a flat array. */
void user_conversations(struct redis_command *c, str user);

#endif
