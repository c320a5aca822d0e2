#include "store/due.h"

#include "store/keys.h"
#include "store/scripts.h"

static void begin(struct redis_command *c, const struct redis_script *script)
{
    redis_command_script(c, script);
    redis_add_key(c, KEY_DUE, STR(""), "");
}

void due_mark(struct redis_command *c, str conversation, int64_t arrive_ms)
{
    begin(c, &SCRIPT_due_mark);
    redis_add_key(c, KEY_DUE_UNTIL, STR(""), "");
    redis_add(c, conversation);
    redis_add_int(c, DUE_TRUST_MS);
    redis_add_int(c, arrive_ms);
}

void due_take(struct redis_command *c, int64_t delay_ms, int64_t lease_ms, int64_t n)
{
    begin(c, &SCRIPT_due_take);
    redis_add_int(c, delay_ms);
    redis_add_int(c, lease_ms);
    redis_add_int(c, n);
}

enum { TAKEN_NOW, TAKEN_MORE, TAKEN_FIRST };

bool due_taken(const struct redisReply *reply, struct due_taken *taken_out)
{
    size_t n = reply_count(reply);

    if (n < TAKEN_FIRST)
        return false;
    *taken_out = (struct due_taken){
        .now_ms = reply_int(reply_at(reply, TAKEN_NOW)),
        .more = reply_int(reply_at(reply, TAKEN_MORE)),
        .n = (n - TAKEN_FIRST) / 2,
        .reply = reply,
    };
    return true;
}

str due_conversation(const struct due_taken *taken, size_t i)
{
    return reply_str(reply_at(taken->reply, TAKEN_FIRST + 2 * i));
}

int64_t due_marked_ms(const struct due_taken *taken, size_t i)
{
    return reply_int(reply_at(taken->reply, TAKEN_FIRST + 2 * i + 1));
}

void due_hold(struct redis_command *c, str conversation, int64_t marked_ms)
{
    redis_command_init(c, "ZADD");
    redis_add(c, STR(KEY_DUE));
    redis_add(c, STR("XX"));
    redis_add_int(c, marked_ms);
    redis_add(c, conversation);
}

void due_release(struct redis_command *c, str conversation, int64_t taken_ms, int64_t next_ms,
                 int64_t delay_ms)
{
    begin(c, &SCRIPT_due_release);
    redis_add_key(c, KEY_DUE_UNTIL, STR(""), "");
    redis_add(c, conversation);
    redis_add_int(c, taken_ms);
    if (next_ms > 0)
        redis_add_int(c, next_ms);
    else
        redis_add(c, STR(""));
    redis_add_int(c, delay_ms);
}

void due_count(struct redis_command *c)
{
    redis_command_init(c, "ZCARD");
    redis_add(c, STR(KEY_DUE));
}
