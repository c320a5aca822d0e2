/* An account in Redis: commands and replies, as store/conversation.h has them for conversations. A user exists while
 * the hash has a password; an erased account keeps its name taken. */
#ifndef CHATAPP_STORE_ACCOUNT_H
#define CHATAPP_STORE_ACCOUNT_H

#include "base/buf.h"
#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "store/session.h"

/* account_answer(): ERR_CONFLICT for a name that is taken. */
void account_create(struct redis_command *c, str user, str password_hash, str display_name,
                    const struct new_session *session, int64_t now_ms);
/* account_was_read(). */
void account_read(struct redis_command *c, str user);
/* When it was made, or nil when the name is free. */
void account_created(struct redis_command *c, str user);
/* As a bulk string, or nil. */
void account_display_name(struct redis_command *c, str user);
/* The encoded hash as a bulk string, or nil. */
void account_password(struct redis_command *c, str user);
/* When its owner last signed in from there (struct new_session), or nil. */
void account_place(struct redis_command *c, str user, str place);
/* `old_hash`: what the password was checked against. account_answer(), then from element 1 on the sessions that have
 * ended by it. */
void account_set_password(struct redis_command *c, str user, str old_hash, str new_hash,
                          str keep_session);
/* account_answer(): ERR_CONFLICT when the password is not that any more. */
void account_erase(struct redis_command *c, str user, str password_hash, int64_t now_ms);

/* Changes of a profile; STR_NONE leaves a field as it is, "" takes it away. */
struct account_changes {
    str display_name;
    str about;
    str avatar_url;
};
/* account_answer(). */
void account_update(struct redis_command *c, str user, const struct account_changes *changes);

/* What remains of an erased account but its name. */
void account_delete_rest(struct redis_command *c, str user);

/* The directory. */
void directory_add(struct redis_command *c, str user);
void directory_remove(struct redis_command *c, str user);
/* Names that begin with `prefix`, at most `limit`: an array. `storage` is needed until the command was sent. */
void directory_search(struct redis_command *c, str prefix, int64_t limit, struct buf *storage);

/* Accounts whose erasure has begun; the command's name says what to do: SADD, SREM. */
void erasing_change(struct redis_command *c, const char *command, str user);
/* An array of names. */
void erasing_list(struct redis_command *c);

struct account {
    str display_name;
    str about;
    str avatar_url;
    int64_t created;
    size_t n_sessions;
    const struct redisReply *reply;
};

/* ERR_NOT_FOUND: no such user. ERR_UNAVAILABLE: nonsense. */
MUST_USE enum err account_was_read(const struct redisReply *reply, struct account *account_out);
str account_session(const struct account *account, size_t i);

/* Of a script that answers "ok", "taken", "changed", "not_found", "gone", "denied", "reused", "full": ERR_CONFLICT for
 * taken, changed and reused, ERR_FULL, ERR_DENIED, ERR_NOT_FOUND for not_found and gone, ERR_UNAVAILABLE for anything else. */
MUST_USE enum err account_answer(const struct redisReply *reply);

/* {username, display_name, about, avatar_url, created}, with `key` or NULL. */
void account_json(struct buf *out, const char *key, str user, const struct account *account);

#endif
