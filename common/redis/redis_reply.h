/* Looking into a reply without hiredis's header. `struct redisReply` is hiredis's own. None of these fail:
 * a reply of another shape reads as nothing, 0 or STR_NONE. */
#ifndef CHATAPP_REDIS_REDIS_REPLY_H
#define CHATAPP_REDIS_REDIS_REPLY_H

#include "base/str.h"

struct redisReply;

bool reply_is_nil(const struct redisReply *r); /* also true for NULL */
bool reply_is_error(const struct redisReply *r);
bool reply_is_int(const struct redisReply *r);
str reply_str(const struct redisReply *r);      /* bulk, status or error text; borrowed */
int64_t reply_int(const struct redisReply *r);  /* an integer, or a bulk string of digits */
size_t reply_count(const struct redisReply *r); /* elements of an array, else 0 */
const struct redisReply *reply_at(const struct redisReply *r, size_t i); /* NULL beyond the end */
/* Pairs one after another, as HGETALL and WITHSCORES answer: how many, and what the i-th is made of. */
size_t reply_pairs(const struct redisReply *r);
str reply_key(const struct redisReply *r, size_t i);
const struct redisReply *reply_value(const struct redisReply *r, size_t i);
/* Scripts answer an array whose first element is a word ("ok", "not_found", ...), or an integer alone. */
str reply_word(const struct redisReply *r);
void reply_free(struct redisReply *r); /* only replies of the blocking pool; NULL is fine */

#endif
