#include "store/retention.h"

#include "store/keys.h"
#include "store/scripts.h"

#define SCAN_COUNT 500 /* keys that one step looks at: a fraction of a millisecond */

void retention_scan(struct redis_command *c, str cursor)
{
    redis_command_init(c, "SCAN");
    redis_add(c, cursor);
    redis_add(c, STR("MATCH"));
    redis_add(c, STR(KEY_CONVERSATION "*" KEY_LOG));
    redis_add(c, STR("COUNT"));
    redis_add_int(c, SCAN_COUNT);
}

str retention_cursor(const struct redisReply *reply)
{
    return reply_str(reply_at(reply, 0));
}

bool retention_found(const struct redisReply *reply, size_t i, str *conversation_out)
{
    const struct redisReply *keys = reply_at(reply, 1);
    const size_t around = sizeof KEY_CONVERSATION - 1 + sizeof KEY_LOG - 1;

    if (i >= reply_count(keys))
        return false;
    str key = reply_str(reply_at(keys, i));
    *conversation_out =
        key.n > around ? str_from(key.p + sizeof KEY_CONVERSATION - 1, key.n - around) : STR("");
    return true;
}

void retention_trim(struct redis_command *c, str conversation, int64_t keep, int64_t before_ms,
                    int64_t most)
{
    redis_command_script(c, &SCRIPT_trim);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_LOG);
    redis_add_int(c, keep);
    redis_add_int(c, before_ms);
    redis_add_int(c, most);
}

int64_t retention_trimmed(const struct redisReply *reply, bool *more_out)
{
    *more_out = reply_int(reply_at(reply, 1)) == 1;
    return reply_int(reply_at(reply, 0));
}
