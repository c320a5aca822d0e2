#include "place.h"

#include <sodium.h>

#include "base/clock.h"
#include "redis/redis_pool.h"
#include "store/account.h"

#define KNOWN_MS (INT64_C(30) * 24 * 3600 * 1000) /* as in lib/place.lua */

struct place place_of(str user, str block)
{
    unsigned char hash[PLACE_LEN / 2];
    crypto_generichash_state state;
    struct place place;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const unsigned char *)user.p, user.n);
    (void)crypto_generichash_update(&state, (const unsigned char *)" ", 1); /* in no name */
    (void)crypto_generichash_update(&state, (const unsigned char *)block.p, block.n);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(place.text, sizeof place.text, hash, sizeof hash);
    return place;
}

enum err place_is_known(str user, const struct place *place, bool *known_out)
{
    struct redis_command c;
    struct redisReply *reply;

    account_place(&c, user, str_of(place->text));
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    *known_out = !reply_is_nil(reply) && clock_wall_ms() - reply_int(reply) < KNOWN_MS;
    reply_free(reply);
    return OK;
}
