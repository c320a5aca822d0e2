#include "session_ending.h"

#include "ask.h"
#include "store/session.h"

enum err session_ending_announce(str user, str session)
{
    struct redis_command c;

    session_announce(&c, user, session);
    return tell(&c);
}

void session_ending_publish(str user, str session)
{
    struct redis_command c;
    struct buf storage = {0};

    session_publish(&c, user, session, &storage);
    (void)!tell(&c); /* the stream has said it */
    buf_fini(&storage);
}

enum err session_ending(struct api *api, str user, str session, bool *was_there_out)
{
    struct redis_command c;
    struct redisReply *reply;

    enum err err = session_ending_announce(user, session);
    if (err != OK)
        return err;
    session_end(&c, user, session);
    err = redis_call(&c, &reply);
    account_cache_forget(api->accounts, user);
    if (err != OK)
        return err;
    if (was_there_out)
        *was_there_out = reply_int(reply) > 0;
    reply_free(reply);
    session_ending_publish(user, session);
    return OK;
}
