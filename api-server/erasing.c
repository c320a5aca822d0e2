#include "erasing.h"

#include "ask.h"
#include "base/clock.h"
#include "daemon/log.h"
#include "relation.h"
#include "session_ending.h"
#include "store/account.h"
#include "store/conversation.h"
#include "store/device.h"
#include "store/member.h"

static enum err end_sessions(struct api *api, str user)
{
    struct redis_command c;
    struct redisReply *reply;

    session_list(&c, user);
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    for (size_t i = 0; i < session_list_count(reply) && err == OK; i++)
        err = session_ending(api, user, session_list_item(reply, i).id, NULL);
    reply_free(reply);
    return err;
}

/* The claims; the list goes with the rest of the account. */
static enum err give_up_devices(str user)
{
    struct redis_command c;
    struct redisReply *reply;

    device_list(&c, user);
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    for (size_t i = 0; i < reply_pairs(reply) && err == OK; i++) {
        device_disclaim(&c, user, reply_key(reply, i));
        err = tell(&c);
    }
    reply_free(reply);
    return err;
}

/* Direct conversations stay the other's. */
static enum err leave_rooms(str user)
{
    struct redis_command c;
    struct redisReply *reply;

    user_conversations(&c, user);
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    for (size_t i = 0; i < reply_pairs(reply) && err == OK; i++) {
        str conversation = reply_key(reply, i);
        if (conversation_id_is_direct(conversation))
            continue;
        conversation_remove_member(&c, conversation, user, user, clock_wall_ms());
        err = tell(&c);
    }
    reply_free(reply);
    return err;
}

enum err erasing_finish(struct api *api, str user)
{
    struct redis_command c;
    enum err err = end_sessions(api, user);

    if (err == OK)
        err = give_up_devices(user);
    if (err == OK)
        err = leave_rooms(user);
    if (err == OK)
        err = relation_erase(user);
    if (err != OK)
        return err;
    account_delete_rest(&c, user);
    if ((err = tell(&c)) != OK)
        return err;
    directory_remove(&c, user);
    if ((err = tell(&c)) != OK)
        return err;
    account_cache_forget(api->accounts, user);
    erasing_change(&c, "SREM", user);
    return tell(&c);
}

/* With a password the account is still one: its owner's api-server has only just said that it will be erased. */
static bool has_password(str user)
{
    struct redis_command c;
    struct redisReply *reply;

    account_password(&c, user);
    if (redis_call(&c, &reply) != OK)
        return true;
    bool has = !reply_is_nil(reply);
    reply_free(reply);
    return has;
}

void erasing_finish_all(struct api *api)
{
    struct redis_command c;
    struct redisReply *reply;

    erasing_list(&c);
    if (redis_call(&c, &reply) != OK)
        return;
    for (size_t i = 0; i < reply_count(reply); i++) {
        str user = reply_str(reply_at(reply, i));
        if (!has_password(user) && erasing_finish(api, user) == OK)
            log_info("finished the erasure of an account");
    }
    reply_free(reply);
}
