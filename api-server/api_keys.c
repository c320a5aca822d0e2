#include "api_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "redis/redis_pool.h"
#include "store/keys.h"

#define REFRESH_AGAIN_MS 1000 /* not more often for tokens with unknown keys */
#define LEAD_MS                                                                                    \
    5000 /* from publishing a new key to signing with it: longer than others take to read it (keyring.c) */

struct key_material {
    struct signing_key signing;
    struct keyset keys;
    struct shared_bytes *jwks;
};

struct api_keys {
    char *path;
    void (*on_change)(void *context); /* may be NULL */
    void *context;
    pthread_mutex_t refreshing; /* one at a time; guards seen and coming */
    struct stat seen;           /* the file, as last read */
    struct signing_key coming;  /* signs from coming_ms on; 0: none */
    int64_t coming_ms;
    _Atomic int64_t refreshed_ms;
    _Atomic bool published;
    pthread_rwlock_t lock; /* guards now */
    struct key_material now;
};

static enum err read_file(const char *path, struct key_material *to, struct buf *why)
{
    struct buf jwks = {0};
    enum err err = keyset_open_file(path, &to->signing, &to->keys, why);

    if (err != OK)
        return err;
    keyset_to_jwks(&to->keys, &jwks);
    to->jwks = shared_bytes_take(&jwks);
    return OK;
}

enum err api_keys_open(const char *path, struct api_keys **keys_out, struct buf *why)
{
    struct api_keys *keys = mem_zalloc(sizeof *keys);

    (void)stat(path, &keys->seen); /* before, so that a change meanwhile is seen as one */
    enum err err = read_file(path, &keys->now, why);

    if (err != OK) {
        free(keys);
        return err;
    }
    keys->path = str_dup(str_of(path));
    pthread_mutex_init(&keys->refreshing, NULL);
    pthread_rwlock_init(&keys->lock, NULL);
    *keys_out = keys;
    return OK;
}

void api_keys_follow(struct api_keys *keys, void (*on_change)(void *context), void *context)
{
    keys->on_change = on_change;
    keys->context = context;
}

void api_keys_free(struct api_keys **keys)
{
    struct api_keys *k = *keys;

    *keys = NULL;
    shared_bytes_unref(k->now.jwks);
    sodium_memzero(&k->now, sizeof k->now);
    sodium_memzero(&k->coming, sizeof k->coming);
    pthread_rwlock_destroy(&k->lock);
    pthread_mutex_destroy(&k->refreshing);
    free(k->path);
    free(k);
}

static bool has_changed(const struct stat *a, const struct stat *b)
{
    return a->st_ino != b->st_ino || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
           a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static bool publish(str jwks)
{
    struct redis_command c;
    struct redisReply *reply;

    redis_command_init(&c, "GET");
    redis_add(&c, STR(KEY_JWKS));
    if (redis_call(&c, &reply) != OK)
        return false;
    bool there = str_eq(reply_str(reply), jwks);
    reply_free(reply);
    if (there)
        return true;
    redis_command_init(&c, "SET");
    redis_add(&c, STR(KEY_JWKS));
    redis_add(&c, jwks);
    if (redis_call(&c, &reply) != OK)
        return false;
    reply_free(reply);
    log_info("public keys published");
    return true;
}

/* True when there is something new that must be published, and then used. */
static bool read_again(struct api_keys *keys, struct key_material *next_out, struct stat *seen_out)
{
    struct buf why = {0};

    if (stat(keys->path, seen_out) != 0 || !has_changed(&keys->seen, seen_out))
        return false;
    bool good = read_file(keys->path, next_out, &why) == OK;
    if (!good)
        log_warn("the signing keys have changed but cannot be read", F_STR("why", buf_view(&why)));
    buf_fini(&why);
    return good;
}

/* Checks with the new keys from now on. The old one goes on signing for a while, unless it is no longer valid. */
static void use(struct api_keys *keys, struct key_material *next)
{
    bool old_is_valid = keyset_find(&next->keys, str_of(keys->now.signing.verify.kid)) != NULL;

    keys->coming = next->signing;
    keys->coming_ms = clock_mono_ms() + (old_is_valid ? LEAD_MS : 0);
    pthread_rwlock_wrlock(&keys->lock);
    struct shared_bytes *old = keys->now.jwks;
    keys->now.keys = next->keys;
    keys->now.jwks = next->jwks;
    pthread_rwlock_unlock(&keys->lock);
    shared_bytes_unref(old);
    if (keys->on_change)
        keys->on_change(keys->context);
    log_info("signing keys read again", F_Z("kid", next->signing.verify.kid));
}

static void sign_with_coming(struct api_keys *keys)
{
    if (keys->coming_ms == 0 || clock_mono_ms() < keys->coming_ms)
        return;
    pthread_rwlock_wrlock(&keys->lock);
    keys->now.signing = keys->coming;
    pthread_rwlock_unlock(&keys->lock);
    keys->coming_ms = 0;
    sodium_memzero(&keys->coming, sizeof keys->coming);
}

void api_keys_refresh(struct api_keys *keys)
{
    struct key_material next;
    struct stat seen;

    pthread_mutex_lock(&keys->refreshing);
    atomic_store(&keys->refreshed_ms, clock_mono_ms());
    bool changed = read_again(keys, &next, &seen);
    bool published = publish(shared_bytes_view(changed ? next.jwks : keys->now.jwks));
    if (changed && published) {
        use(keys, &next);
        keys->seen = seen;
    } else if (changed) {
        shared_bytes_unref(next.jwks);
    }
    sign_with_coming(keys);
    sodium_memzero(&next, sizeof next);
    atomic_store(&keys->published, published);
    pthread_mutex_unlock(&keys->refreshing);
}

bool api_keys_published(const struct api_keys *keys)
{
    return atomic_load(&keys->published);
}

void api_keys_sign(struct api_keys *keys, const struct claims *claims, struct buf *token_out)
{
    pthread_rwlock_rdlock(&keys->lock);
    token_make(&keys->now.signing, claims, token_out);
    pthread_rwlock_unlock(&keys->lock);
}

struct id api_keys_id(struct api_keys *keys, str purpose, str a, str b)
{
    pthread_rwlock_rdlock(&keys->lock);
    const unsigned char *secret = keys->now.signing.secret_key;
    const str texts[] = {str_from((const char *)secret, sizeof keys->now.signing.secret_key),
                         purpose, a, b};
    struct id id = id_from(texts, sizeof texts / sizeof texts[0]);
    pthread_rwlock_unlock(&keys->lock);
    return id;
}

typedef enum err open_fn(const struct keyset *keys, str token, str audience, int64_t now_ms,
                         struct claims *claims_out);

static enum err check(struct api_keys *keys, open_fn *open, str token, str audience, int64_t now_ms,
                      struct claims *claims_out)
{
    pthread_rwlock_rdlock(&keys->lock);
    struct keyset known = keys->now.keys;
    pthread_rwlock_unlock(&keys->lock);
    return open(&known, token, audience, now_ms, claims_out);
}

static enum err check_with_latest(struct api_keys *keys, open_fn *open, str token, str audience,
                                  int64_t now_ms, struct claims *claims_out)
{
    enum err err = check(keys, open, token, audience, now_ms, claims_out);

    if (err != ERR_NOT_FOUND ||
        clock_mono_ms() - atomic_load(&keys->refreshed_ms) < REFRESH_AGAIN_MS)
        return err;
    api_keys_refresh(keys);
    return check(keys, open, token, audience, now_ms, claims_out);
}

enum err api_keys_check(struct api_keys *keys, str token, int64_t now_ms, struct claims *claims_out)
{
    return check_with_latest(keys, token_open, token, STR(TOKEN_AUDIENCE), now_ms, claims_out);
}

enum err api_keys_check_service(struct api_keys *keys, str token, str audience, int64_t now_ms,
                                struct claims *claims_out)
{
    return check_with_latest(keys, service_token_open, token, audience, now_ms, claims_out);
}

struct shared_bytes *api_keys_jwks(struct api_keys *keys)
{
    pthread_rwlock_rdlock(&keys->lock);
    struct shared_bytes *jwks = shared_bytes_ref(keys->now.jwks);
    pthread_rwlock_unlock(&keys->lock);
    return jwks;
}
