/* Presence in Redis: commands and replies. What the values mean is presence-server/news.h. */
#ifndef CHATAPP_STORE_PRESENCE_H
#define CHATAPP_STORE_PRESENCE_H

#include "redis/redis_command.h"
#include "redis/redis_reply.h"

/* {"gone"}, or {"ok", the list of contacts (contact_list_item()), and of those who block the user, with the times at which
 * they seem to have left (presence_hidden_item())}. */
void presence_sign_in(struct redis_command *c, str user, str session, int64_t now_ms);

/* What the user is on that server (empty: not there), and when they were last here. 0: no such user. */
void presence_put(struct redis_command *c, str user, str node, str value, int64_t seen_ms);
/* All of that, of all servers: pairs; and "seen". */
void presence_read(struct redis_command *c, str user);
#define PRESENCE_SEEN "seen"
/* When they were last here: nil or the time. */
void presence_last_seen(struct redis_command *c, str user);

/* From now on the contact, who blocks the user, seems to have left at that time, unless there is one already. */
void presence_hide(struct redis_command *c, str user, str contact, int64_t since_ms);
void presence_unhide(struct redis_command *c, str user, str contact);
struct presence_hidden {
    str contact;
    int64_t since_ms;
};
size_t presence_hidden_count(const struct redisReply *list);
struct presence_hidden presence_hidden_item(const struct redisReply *list, size_t i);

/* A server beats, or has left; presence_beat_*() of the reply. */
void presence_beat(struct redis_command *c, str node, bool left, int64_t forget_ms);
struct presence_beat {
    str node;
    int64_t time_ms;
    bool left;
};
int64_t presence_beat_now(const struct redisReply *reply); /* 0: no good reply */
size_t presence_beat_count(const struct redisReply *reply);
struct presence_beat presence_beat_item(const struct redisReply *reply, size_t i);

#endif
