#include "public_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "redis/redis_pool.h"
#include "store/keys.h"

#define AGAIN_MS 1000

struct public_keys {
    _Atomic int64_t asked_ms;
    pthread_rwlock_t lock; /* guards what follows */
    struct keyset now;
};

struct public_keys *public_keys_new(void)
{
    struct public_keys *keys = mem_zalloc(sizeof *keys);

    pthread_rwlock_init(&keys->lock, NULL);
    return keys;
}

void public_keys_free(struct public_keys **keys)
{
    pthread_rwlock_destroy(&(*keys)->lock);
    free(*keys);
    *keys = NULL;
}

static void use(struct public_keys *keys, str jwks)
{
    struct keyset next;

    if (jwks.n == 0)
        return;
    if (keyset_from_jwks(jwks, &next) != OK) {
        log_error("the public keys in Redis are damaged", F_Z("key", KEY_JWKS));
        return;
    }
    pthread_rwlock_wrlock(&keys->lock);
    keys->now = next;
    pthread_rwlock_unlock(&keys->lock);
}

void public_keys_refresh(struct public_keys *keys)
{
    struct redis_command c;
    struct redisReply *reply;

    atomic_store(&keys->asked_ms, clock_mono_ms());
    redis_command_init(&c, "GET");
    redis_add(&c, STR(KEY_JWKS));
    if (redis_call(&c, &reply) != OK)
        return;
    use(keys, reply_str(reply));
    reply_free(reply);
}

bool public_keys_are_there(struct public_keys *keys)
{
    pthread_rwlock_rdlock(&keys->lock);
    bool there = keys->now.n > 0;
    pthread_rwlock_unlock(&keys->lock);
    return there;
}

static enum err check(struct public_keys *keys, str token, str audience, struct claims *claims_out)
{
    pthread_rwlock_rdlock(&keys->lock);
    struct keyset known = keys->now;
    pthread_rwlock_unlock(&keys->lock);
    if (known.n == 0)
        return ERR_UNAVAILABLE;
    return token_open(&known, token, audience, clock_wall_ms(), claims_out);
}

enum err public_keys_check(struct public_keys *keys, str token, str audience,
                           struct claims *claims_out)
{
    enum err err = check(keys, token, audience, claims_out);

    if ((err != ERR_NOT_FOUND && err != ERR_UNAVAILABLE) ||
        clock_mono_ms() - atomic_load(&keys->asked_ms) < AGAIN_MS)
        return err;
    public_keys_refresh(keys);
    return check(keys, token, audience, claims_out);
}
