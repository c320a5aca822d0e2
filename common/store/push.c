#include "store/push.h"

#include "store/keys.h"
#include "store/scripts.h"

#define FIELD_CHANNELS "channels"
#define FIELD_VAPID "vapid"
#define FIELD_VAPID_PUBLIC "vapid_public"

void push_share_vapid(struct redis_command *c, str private_key)
{
    redis_command_script(c, &SCRIPT_keep_first);
    redis_add_key(c, KEY_PUSH, STR(""), "");
    redis_add(c, STR(FIELD_VAPID));
    redis_add(c, private_key);
}

void push_announce(struct redis_command *c, str channels, str vapid_public)
{
    redis_command_init(c, "HSET");
    redis_add(c, STR(KEY_PUSH));
    redis_add(c, STR(FIELD_CHANNELS));
    redis_add(c, channels);
    redis_add(c, STR(FIELD_VAPID_PUBLIC));
    redis_add(c, vapid_public);
}

void push_setup(struct redis_command *c)
{
    redis_command_init(c, "HMGET");
    redis_add(c, STR(KEY_PUSH));
    redis_add(c, STR(FIELD_CHANNELS));
    redis_add(c, STR(FIELD_VAPID_PUBLIC));
}

bool push_has_channel(str channels, str name)
{
    str one;

    while (str_split(&channels, ' ', &one))
        if (str_eq(one, name))
            return true;
    return false;
}
