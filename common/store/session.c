#include "store/session.h"

#include <stdio.h>

#include "store/keys.h"
#include "store/scripts.h"

#define ENDED_KEPT 10000 /* in the stream: far more than end between two looks at it */
#define SUFFIX_MAX 64

void session_add_key(struct redis_command *c, str user, str session)
{
    char suffix[SUFFIX_MAX];

    (void)snprintf(suffix, sizeof suffix, "%s%.*s", KEY_SESSION, STR_ARG(session));
    redis_add_key(c, KEY_USER, user, suffix);
}

void session_add_fields(struct redis_command *c, const struct new_session *session)
{
    redis_add(c, session->id);
    redis_add(c, session->device);
    redis_add(c, session->family);
    redis_add(c, session->current);
    redis_add_int(c, session->ttl_ms);
    redis_add(c, session->place);
}

void session_open(struct redis_command *c, str user, str verified_hash, str new_hash,
                  const struct new_session *session, int64_t sessions_max, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_session_open);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
    session_add_key(c, user, session->id);
    redis_add_int(c, now_ms);
    redis_add(c, verified_hash);
    redis_add(c, new_hash);
    session_add_fields(c, session);
    redis_add_int(c, sessions_max);
}

void session_refresh(struct redis_command *c, str user, str session, str family, str current,
                     str next, int64_t ttl_ms, int64_t repeat_ms, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_session_refresh);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
    session_add_key(c, user, session);
    redis_add(c, family);
    redis_add(c, current);
    redis_add(c, next);
    redis_add_int(c, now_ms);
    redis_add_int(c, ttl_ms);
    redis_add(c, session);
    redis_add_int(c, repeat_ms);
}

void session_end(struct redis_command *c, str user, str session)
{
    redis_command_script(c, &SCRIPT_session_end);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
    session_add_key(c, user, session);
    redis_add(c, session);
}

void session_list(struct redis_command *c, str user)
{
    redis_command_script(c, &SCRIPT_session_list);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
}

void session_announce(struct redis_command *c, str user, str session)
{
    redis_command_init(c, "XADD");
    redis_add(c, STR(KEY_ENDED));
    redis_add(c, STR("MAXLEN"));
    redis_add(c, STR("~"));
    redis_add_int(c, ENDED_KEPT);
    redis_add(c, STR("*"));
    redis_add(c, STR("user"));
    redis_add(c, user);
    redis_add(c, STR("session"));
    redis_add(c, session);
}

void session_publish(struct redis_command *c, str user, str session, struct buf *storage)
{
    buf_clear(storage);
    buf_add_str(storage, user);
    buf_add_char(storage, ' ');
    buf_add_str(storage, session);
    redis_command_init(c, "PUBLISH");
    redis_add(c, STR(CHANNEL_ENDED));
    redis_add(c, buf_view(storage));
}

enum { ITEM_ID, ITEM_DEVICE, ITEM_CREATED, ITEM_LAST_USED, ITEM_N };

size_t session_list_count(const struct redisReply *reply)
{
    size_t n = reply_count(reply);
    return n > 0 ? (n - 1) / ITEM_N : 0;
}

struct session_item session_list_item(const struct redisReply *reply, size_t i)
{
    size_t at = 1 + i * ITEM_N;

    return (struct session_item){
        .id = reply_str(reply_at(reply, at + ITEM_ID)),
        .device = reply_str(reply_at(reply, at + ITEM_DEVICE)),
        .created = reply_int(reply_at(reply, at + ITEM_CREATED)),
        .last_used = reply_int(reply_at(reply, at + ITEM_LAST_USED)),
    };
}
