/* A user's sessions in Redis: commands and replies. A session is a device that is signed in; its refresh tokens are
 * kept as hashes only. */
#ifndef CHATAPP_STORE_SESSION_H
#define CHATAPP_STORE_SESSION_H

#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

struct new_session {
    str id;
    str device;
    str family;  /* hash of what all its refresh tokens share */
    str current; /* hash of the one that is good now */
    int64_t ttl_ms;
    str place; /* where its owner is, as a hash */
};

/* For the commands that make one (account.h). */
void session_add_key(struct redis_command *c, str user, str session);
void session_add_fields(struct redis_command *c, const struct new_session *session);

/* `verified_hash`: what the password was checked against; `new_hash` STR("") leaves it. account_answer(), then from
 * element 1 on the sessions over `sessions_max`, to be ended. */
void session_open(struct redis_command *c, str user, str verified_hash, str new_hash,
                  const struct new_session *session, int64_t sessions_max, int64_t now_ms);
/* account_answer(): ERR_CONFLICT for a token that was used before, which has ended the session. For `repeat_ms` after
 * `next` took the place of `current`, and until it is used itself, the same is OK again. */
void session_refresh(struct redis_command *c, str user, str session, str family, str current,
                     str next, int64_t ttl_ms, int64_t repeat_ms, int64_t now_ms);
/* 1, or 0 when there was none. */
void session_end(struct redis_command *c, str user, str session);
/* account_answer(), and session_list_count(), session_list_item(). */
void session_list(struct redis_command *c, str user);

/* Says that a session has ended, once it has: to the stream, which is never lost, and then to the channel, which is
 * quick; `storage` is needed until the command was sent. */
void session_announce(struct redis_command *c, str user, str session);
void session_publish(struct redis_command *c, str user, str session, struct buf *storage);

struct session_item {
    str id;
    str device;
    int64_t created;
    int64_t last_used;
};

size_t session_list_count(const struct redisReply *reply);
struct session_item session_list_item(const struct redisReply *reply, size_t i);

#endif
