#include "session/keyring.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "store/keys.h"

#define REFRESH_MS 3000 /* a new key is published some seconds before it signs (api_keys.c) */
#define RETRY_MS 1000

struct keyring {
    struct keyset keys;
    struct redis_client *redis;
    uv_timer_t timer;
    int64_t asked_ms;
    bool asking;
    bool closing;
    bool timer_closed;
};

static void maybe_free(struct keyring *k)
{
    if (k->closing && k->timer_closed && !k->asking)
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

enum err keyring_open_token(struct keyring *k, str token, struct claims *claims_out)
{
    enum err err = token_open(&k->keys, token, STR(TOKEN_AUDIENCE), clock_wall_ms(), claims_out);
    if (err == ERR_NOT_FOUND && clock_mono_ms() - k->asked_ms >= RETRY_MS)
        keyring_refresh(k);
    return err;
}
