#include "store/contact.h"

#include "store/keys.h"
#include "store/scripts.h"

/* ---- what the bits mean ---- */

const char *contact_state(int mask)
{
    static const char *const STATES[] = {NULL, "requested", "incoming", "mutual"};

    return mask & CONTACT_BLOCKS ? NULL : STATES[mask & (CONTACT_ADDED | CONTACT_ADDS_ME)];
}

int contact_copy(int mask)
{
    return (mask & (CONTACT_ADDED | CONTACT_BLOCKS)) << 1;
}

/* ---- commands ---- */

void contact_change(struct redis_command *c, str user, str peer, int clear, int set, int64_t most)
{
    redis_command_script(c, &SCRIPT_contact_change);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_CONTACTS);
    redis_add(c, peer);
    redis_add_int(c, clear);
    redis_add_int(c, set);
    redis_add_int(c, most);
}

static void of_peer(struct redis_command *c, const char *command, str user, str peer)
{
    redis_command_init(c, command);
    redis_add_key(c, KEY_USER, user, KEY_CONTACTS);
    redis_add(c, peer);
}

void contact_mask(struct redis_command *c, str user, str peer)
{
    of_peer(c, "HGET", user, peer);
}

void contact_masks(struct redis_command *c, str user, const str *peers, size_t n)
{
    redis_command_init(c, "HMGET");
    redis_add_key(c, KEY_USER, user, KEY_CONTACTS);
    for (size_t i = 0; i < n; i++)
        redis_add(c, peers[i]);
}

void contact_forget(struct redis_command *c, str user, str peer)
{
    of_peer(c, "HDEL", user, peer);
}

void contact_list(struct redis_command *c, str user)
{
    redis_command_init(c, "HGETALL");
    redis_add_key(c, KEY_USER, user, KEY_CONTACTS);
}

void direct_block(struct redis_command *c, str conversation, str user, bool blocks)
{
    redis_command_script(c, &SCRIPT_direct_block);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add(c, user);
    redis_add(c, blocks ? STR("1") : STR("0"));
}

void direct_unblock(struct redis_command *c, str conversation)
{
    redis_command_init(c, "HDEL");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add(c, STR("blocked"));
}

void direct_may_open(struct redis_command *c, str conversation)
{
    redis_command_init(c, "HMGET");
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add(c, STR("kind"));
    redis_add(c, STR("blocked"));
}

/* ---- replies ---- */

enum err contact_was_changed(const struct redisReply *reply, struct contact_changed *changed_out)
{
    str word = reply_word(reply);

    if (str_eq(word, STR("not_found")))
        return ERR_NOT_FOUND;
    if (str_eq(word, STR("full")))
        return ERR_FULL;
    if (str_eq(word, STR("blocked")))
        return ERR_DENIED;
    if (!str_eq(word, STR("ok")) || reply_count(reply) < 3)
        return ERR_UNAVAILABLE;
    changed_out->before = (int)reply_int(reply_at(reply, 1));
    changed_out->after = (int)reply_int(reply_at(reply, 2));
    return OK;
}

int contact_mask_read(const struct redisReply *reply)
{
    return (int)reply_int(reply);
}

size_t contact_list_count(const struct redisReply *reply)
{
    return reply_pairs(reply);
}

struct contact_item contact_list_item(const struct redisReply *reply, size_t i)
{
    return (struct contact_item){reply_key(reply, i), contact_mask_read(reply_value(reply, i))};
}

enum err direct_may_open_read(const struct redisReply *reply)
{
    if (reply_count(reply) < 2)
        return ERR_UNAVAILABLE;
    bool exists = !reply_is_nil(reply_at(reply, 0));
    bool blocked = !reply_is_nil(reply_at(reply, 1));
    return blocked && !exists ? ERR_DENIED : OK;
}
