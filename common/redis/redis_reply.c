#include "redis/redis_reply.h"

#include <hiredis/hiredis.h>

bool reply_is_nil(const struct redisReply *r)
{
    return r == NULL || r->type == REDIS_REPLY_NIL;
}

bool reply_is_error(const struct redisReply *r)
{
    return r != NULL && r->type == REDIS_REPLY_ERROR;
}

bool reply_is_int(const struct redisReply *r)
{
    return r != NULL && r->type == REDIS_REPLY_INTEGER;
}

str reply_str(const struct redisReply *r)
{
    if (r == NULL)
        return STR_NONE;
    switch (r->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR: return str_from(r->str, r->len);
    default: return STR_NONE;
    }
}

int64_t reply_int(const struct redisReply *r)
{
    int64_t value = 0;

    if (reply_is_int(r))
        return r->integer;
    if (r != NULL && r->type == REDIS_REPLY_STRING)
        (void)str_to_i64(str_from(r->str, r->len), &value);
    return value;
}

size_t reply_count(const struct redisReply *r)
{
    return r != NULL && r->type == REDIS_REPLY_ARRAY ? r->elements : 0;
}

const struct redisReply *reply_at(const struct redisReply *r, size_t i)
{
    return i < reply_count(r) ? r->element[i] : NULL;
}

size_t reply_pairs(const struct redisReply *r)
{
    return reply_count(r) / 2;
}

str reply_key(const struct redisReply *r, size_t i)
{
    return reply_str(reply_at(r, 2 * i));
}

const struct redisReply *reply_value(const struct redisReply *r, size_t i)
{
    return reply_at(r, 2 * i + 1);
}

str reply_word(const struct redisReply *r)
{
    const struct redisReply *first = reply_at(r, 0);

    return reply_is_error(first) ? STR_NONE : reply_str(first);
}

void reply_free(struct redisReply *r)
{
    if (r != NULL)
        freeReplyObject(r);
}
