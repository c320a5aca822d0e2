#include "session/keyring.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "store/keys.h"

#define REFRESH_MS 3000 /* a new key is published some seconds before it signs (api_keys.c) */
#define RETRY_MS 1000

#define KNOWN_N 512

/* A token that was found genuine: the devices of one user, and those who come back, show the same one. */
struct known {
    unsigned char hash[crypto_generichash_BYTES]; /* BLAKE2b of the token */
    bool taken;
    struct claims claims;
};

struct keyring {
    struct keyset keys;
    struct known *known; /* KNOWN_N, by the hash's first bytes; forgotten whenever keys are read */
    struct redis_client *redis;
    uv_timer_t timer;
    int64_t asked_ms;
    bool asking;
    bool closing;
    bool timer_closed;
};

static void maybe_free(struct keyring *k)
{
    if (!k->closing || !k->timer_closed || k->asking)
        return;
    free(k->known);
    free(k);
}

static void read_keys(void *context, const struct redisReply *reply)
{
    struct keyring *k = context;
    size_t before = k->keys.n;

    k->asking = false;
    if (k->closing) {
        maybe_free(k);
        return;
    }
    str jwks = reply_str(reply);
    memset(k->known, 0, KNOWN_N * sizeof k->known[0]);
    if (jwks.n > 0 && keyset_from_jwks(jwks, &k->keys) != OK)
        log_error("the public keys in Redis are damaged", F_Z("key", KEY_JWKS));
    if (before == 0 && k->keys.n > 0)
        log_info("public keys read", F_INT("keys", k->keys.n));
}

void keyring_refresh(struct keyring *k)
{
    struct redis_command c;

    if (k->asking)
        return;
    redis_command_init(&c, "GET");
    redis_add(&c, STR(KEY_JWKS));
    k->asked_ms = clock_mono_ms();
    k->asking = redis_send(k->redis, &c, read_keys, k) == OK;
}

/* Once a second; the keys are read every REFRESH_MS, or at once while there are none. */
static void tick(uv_timer_t *timer)
{
    struct keyring *k = timer->data;
    if (k->keys.n == 0 || clock_mono_ms() - k->asked_ms >= REFRESH_MS)
        keyring_refresh(k);
}

struct keyring *keyring_open(uv_loop_t *loop, struct redis_client *redis)
{
    struct keyring *k = mem_zalloc(sizeof *k);

    k->redis = redis;
    k->known = mem_zalloc(KNOWN_N * sizeof k->known[0]);
    (void)uv_timer_init(loop, &k->timer);
    k->timer.data = k;
    (void)uv_timer_start(&k->timer, tick, RETRY_MS, RETRY_MS);
    return k;
}

static void timer_closed(uv_handle_t *handle)
{
    struct keyring *k = handle->data;
    k->timer_closed = true;
    maybe_free(k);
}

void keyring_close(struct keyring **keyring)
{
    struct keyring *k = *keyring;
    *keyring = NULL;
    k->closing = true;
    uv_close((uv_handle_t *)&k->timer, timer_closed);
}

bool keyring_is_ready(const struct keyring *k)
{
    return k->keys.n > 0;
}

static struct known *place_of(struct keyring *k, const unsigned char *hash)
{
    return &k->known[(hash[0] | hash[1] << 8) % KNOWN_N];
}

enum err keyring_open_token(struct keyring *k, str token, struct claims *claims_out)
{
    unsigned char hash[crypto_generichash_BYTES];
    int64_t now_ms = clock_wall_ms();

    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)token.p, token.n, NULL, 0);
    struct known *known = place_of(k, hash);
    if (known->taken && sodium_memcmp(known->hash, hash, sizeof hash) == 0 &&
        now_ms / 1000 < known->claims.expires_s) {
        *claims_out = known->claims;
        return OK;
    }
    enum err err = token_open(&k->keys, token, STR(TOKEN_AUDIENCE), now_ms, claims_out);
    if (err == OK) {
        memcpy(known->hash, hash, sizeof hash);
        known->taken = true;
        known->claims = *claims_out;
    }
    if (err == ERR_NOT_FOUND && clock_mono_ms() - k->asked_ms >= RETRY_MS)
        keyring_refresh(k);
    return err;
}
