#include "store/presence.h"

#include "store/keys.h"
#include "store/scripts.h"
#include "store/session.h"

#define LEFT " left"

void presence_sign_in(struct redis_command *c, str user, str session, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_presence_sign_in);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    session_add_key(c, user, session);
    redis_add_key(c, KEY_USER, user, KEY_CONTACTS);
    redis_add_key(c, KEY_USER, user, KEY_HIDDEN);
    redis_add_int(c, now_ms);
}

void presence_put(struct redis_command *c, str user, str node, str value, int64_t seen_ms)
{
    redis_command_script(c, &SCRIPT_presence_put);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_PRESENCE);
    redis_add(c, node);
    redis_add(c, value);
    redis_add_int(c, seen_ms);
}

void presence_read(struct redis_command *c, str user)
{
    redis_command_init(c, "HGETALL");
    redis_add_key(c, KEY_USER, user, KEY_PRESENCE);
}

void presence_last_seen(struct redis_command *c, str user)
{
    redis_command_init(c, "HGET");
    redis_add_key(c, KEY_USER, user, KEY_PRESENCE);
    redis_add(c, STR(PRESENCE_SEEN));
}

void presence_hide(struct redis_command *c, str user, str contact, int64_t since_ms)
{
    redis_command_init(c, "HSETNX");
    redis_add_key(c, KEY_USER, user, KEY_HIDDEN);
    redis_add(c, contact);
    redis_add_int(c, since_ms);
}

void presence_unhide(struct redis_command *c, str user, str contact)
{
    redis_command_init(c, "HDEL");
    redis_add_key(c, KEY_USER, user, KEY_HIDDEN);
    redis_add(c, contact);
}

size_t presence_hidden_count(const struct redisReply *list)
{
    return reply_pairs(list);
}

struct presence_hidden presence_hidden_item(const struct redisReply *list, size_t i)
{
    return (struct presence_hidden){reply_key(list, i), reply_int(reply_value(list, i))};
}

void presence_beat(struct redis_command *c, str node, bool left, int64_t forget_ms)
{
    redis_command_script(c, &SCRIPT_presence_beat);
    redis_add_key(c, KEY_PRESENCE_NODES, STR(""), "");
    redis_add(c, node);
    redis_add(c, left ? STR(LEFT) : STR(""));
    redis_add_int(c, forget_ms);
}

int64_t presence_beat_now(const struct redisReply *reply)
{
    return reply_int(reply_at(reply, 0));
}

size_t presence_beat_count(const struct redisReply *reply)
{
    return reply_count(reply) / 2;
}

struct presence_beat presence_beat_item(const struct redisReply *reply, size_t i)
{
    struct presence_beat beat = {.node = reply_str(reply_at(reply, 1 + 2 * i))};
    str time = reply_str(reply_at(reply, 2 + 2 * i));
    str word;

    beat.left = str_split(&time, ' ', &word) && !str_is_none(time);
    if (!str_to_i64(word, &beat.time_ms))
        beat.time_ms = 0;
    return beat;
}
