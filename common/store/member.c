#include "store/member.h"

#include "store/account.h"
#include "store/keys.h"
#include "store/scripts.h"

void member_role(struct redis_command *c, str conversation, str user)
{
    redis_command_init(c, "HGET");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MEMBERS);
    redis_add(c, user);
}

void member_list(struct redis_command *c, str conversation)
{
    redis_command_init(c, "HGETALL");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MEMBERS);
}

void member_mute(struct redis_command *c, str conversation, str user, int64_t until_ms)
{
    redis_command_script(c, &SCRIPT_member_mute);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MEMBERS);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MUTE);
    redis_add(c, user);
    redis_add_int(c, until_ms);
}

void log_state(struct redis_command *c, str conversation)
{
    redis_command_init(c, "HMGET");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add(c, STR("seq"));
    redis_add(c, STR("created"));
}

void log_length(struct redis_command *c, str conversation)
{
    redis_command_init(c, "LLEN");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_LOG);
}

void log_newest(struct redis_command *c, str conversation, int64_t limit)
{
    redis_command_init(c, "LRANGE");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_LOG);
    redis_add_int(c, -limit);
    redis_add(c, STR("-1"));
}

void conversation_last_time(struct redis_command *c, str conversation, str user)
{
    redis_command_script(c, &SCRIPT_last_time);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_LOG);
    redis_add(c, user);
}

enum err conversation_last_timed(const struct redisReply *reply, int64_t *time_out)
{
    enum err err = account_answer(reply);

    if (err == OK)
        *time_out = reply_int(reply_at(reply, 1));
    return err;
}

void store_epoch(struct redis_command *c)
{
    redis_command_init(c, "GET");
    redis_add(c, STR(KEY_EPOCH));
}

void user_conversations(struct redis_command *c, str user)
{
    redis_command_init(c, "ZRANGE");
    redis_add_key(c, KEY_USER, user, KEY_CONVERSATIONS);
    redis_add(c, STR("0"));
    redis_add(c, STR("-1"));
    redis_add(c, STR("WITHSCORES"));
}
