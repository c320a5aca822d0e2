#include "channel_publish.h"

#include <sodium.h>

#include "auth/base64url.h"
#include "channel.h"
#include "daemon/log.h"
#include "redis/redis_pool.h"
#include "store/push.h"

static void new_key(struct p256_key *key_out)
{
    unsigned char private_key[P256_PRIVATE_N];

    do
        randombytes_buf(private_key, sizeof private_key);
    while (p256_from_private(private_key, key_out) != OK);
    sodium_memzero(private_key, sizeof private_key);
}

static bool is_current(const struct channel_env *env, const struct p256_key *key)
{
    const struct vapid_key *vapid = atomic_load(&env->vapid);

    return vapid && sodium_memcmp(&vapid->key, key, sizeof *key) == 0;
}

static enum err take(struct channel_env *env, str text)
{
    struct p256_key key;

    if (vapid_key_read(text, &key) != OK) {
        log_error("the key of webpush in Redis is none");
        return ERR_UNAVAILABLE;
    }
    if (!is_current(env, &key)) {
        channel_env_set_vapid(env, &key);
        log_info("webpush has its key");
    }
    sodium_memzero(&key, sizeof key);
    return OK;
}

/* The one in Redis; where there is none, the one that was used until now, or a new one. */
static enum err share_vapid(struct channel_env *env)
{
    const struct vapid_key *vapid = atomic_load(&env->vapid);
    struct p256_key key;
    struct buf text = {0};
    struct redis_command c;
    struct redisReply *reply;

    if (vapid)
        key = vapid->key;
    else
        new_key(&key);
    vapid_key_write(&key, &text);
    push_share_vapid(&c, buf_view(&text));
    enum err err = redis_call(&c, &reply);
    if (err == OK) {
        err = take(env, reply_str(reply));
        reply_free(reply);
    }
    sodium_memzero(&key, sizeof key);
    sodium_memzero(text.p, text.n);
    buf_fini(&text);
    return err;
}

static void list_ready(const struct channel_env *env, struct buf *out)
{
    const struct channel *channel;
    const char *why;

    for (size_t i = 0; (channel = channel_at(i)) != NULL; i++) {
        if (channel->ready && !channel->ready(env, &why))
            continue;
        if (out->n > 0)
            buf_add_char(out, ' ');
        buf_add_str(out, str_of(channel->name));
    }
}

enum err channel_publish(struct channel_env *env)
{
    struct buf channels = {0};
    struct buf public_key = {0};
    struct redis_command c;
    struct redisReply *reply;
    enum err err = OK;

    if (env->settings->vapid_key[0] == '\0')
        err = share_vapid(env);
    if (err != OK)
        return err;
    const struct p256_key *vapid = &atomic_load(&env->vapid)->key;
    base64url_add(&public_key, vapid->point, sizeof vapid->point);
    list_ready(env, &channels);
    push_announce(&c, buf_view(&channels), buf_view(&public_key));
    err = redis_call(&c, &reply);
    if (err == OK)
        reply_free(reply);
    buf_fini(&channels);
    buf_fini(&public_key);
    return err;
}
