#include "session_ending.h"

#include "ask.h"
#include "daemon/log.h"
#include "store/session.h"

#define BATCH 8 /* sessions told of in one write */

/* For each the stream, then the bell. */
static enum err tell_batch(str user, const str *sessions, size_t n)
{
    struct redis_command commands[2 * BATCH];
    struct redisReply *replies[2 * BATCH];
    struct buf storage[BATCH] = {0};

    for (size_t i = 0; i < n; i++) {
        session_announce(&commands[2 * i], user, sessions[i]);
        session_publish(&commands[2 * i + 1], user, sessions[i], &storage[i]);
    }
    enum err err = redis_pipeline(commands, 2 * n, replies);
    if (err == OK)
        replies_free(replies, 2 * n);
    for (size_t i = 0; i < n; i++)
        buf_fini(&storage[i]);
    return err;
}

void session_ending_tell(struct api *api, str user, const str *sessions, size_t n)
{
    account_cache_forget(api->accounts, user);
    for (size_t i = 0; i < n; i += BATCH) {
        size_t some = n - i < BATCH ? n - i : BATCH;
        if (tell_batch(user, sessions + i, some) != OK &&
            tell_batch(user, sessions + i, some) != OK) /* twice does no harm */
            log_warn("sessions have ended unheard", F_STR("user", user));
    }
}

enum err session_ending(struct api *api, str user, str session, bool *was_there_out)
{
    struct redis_command c;
    struct redisReply *reply;

    session_end(&c, user, session);
    enum err err = redis_call(&c, &reply);
    account_cache_forget(api->accounts, user);
    if (err != OK)
        return err;
    bool was_there = reply_int(reply) > 0;
    reply_free(reply);
    if (was_there)
        session_ending_tell(api, user, &session, 1);
    if (was_there_out)
        *was_there_out = was_there;
    return OK;
}
