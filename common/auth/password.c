#include "auth/password.h"

#include <zxcvbn.h>

#include "base/check.h"

/* --- strength -------------------------------------------------------------------------------- */

/* 10^8 guesses, from which on zxcvbn calls a password "safely unguessable" (score 3): hopeless
 * through a throttled login, and a hundred days of a core for whoever has stolen the hash (at the
 * default cost). Letters beyond ASCII count as random bytes: it has no words with them. */
#define STRENGTH_MIN_BITS 26.6
#define STRENGTH_LOOKED_AT 100 /* bytes; 5 ms at worst */

#define WORDS_MAX 32
#define NAME_LOOKED_AT 128

/* What the guesser knows already: the names as they are, and their words, in `text`. */
struct known {
    size_t n;
    const char *words[WORDS_MAX + 1]; /* NULL after the last: zxcvbn's form */
    size_t used;
    char text[4 * (NAME_LOOKED_AT + WORDS_MAX)];
};

static void known_add(struct known *known, str word)
{
    if (word.n == 0 || known->n == WORDS_MAX)
        return;
    char *copy = known->text + known->used;
    memcpy(copy, word.p, word.n);
    copy[word.n] = '\0';
    known->used += word.n + 1;
    known->words[known->n++] = copy;
}

static void known_add_name(struct known *known, str name)
{
    str rest = str_from(name.p, name.n < NAME_LOOKED_AT ? name.n : NAME_LOOKED_AT);
    size_t start = 0;

    known_add(known, rest);
    for (size_t i = 0; i <= rest.n; i++) {
        if (i < rest.n && strchr(" ._-", rest.p[i]) == NULL)
            continue;
        if (i - start < rest.n)
            known_add(known, str_from(rest.p + start, i - start));
        start = i + 1;
    }
}

enum err password_check_strength(str password, str username, str display_name)
{
    char text[STRENGTH_LOOKED_AT + 1];
    struct known known = {0};
    size_t n = password.n < STRENGTH_LOOKED_AT ? password.n : STRENGTH_LOOKED_AT;

    known_add(&known, STR("chatapp"));
    known_add_name(&known, username);
    known_add_name(&known, display_name);
    if (n > 0)
        memcpy(text, password.p, n);
    text[n] = '\0';
    double bits = n > 0 ? ZxcvbnMatch(text, known.words, NULL) : 0;
    sodium_memzero(text, sizeof text);
    return bits < STRENGTH_MIN_BITS ? ERR_DENIED : OK;
}

/* --- hashing --------------------------------------------------------------------------------- */

#define BYTES_PER_KIB 1024
#define DIGEST_BYTES 32 /* what crypto_pwhash_str() makes */

static unsigned long long passes_of(const struct password_cost *cost)
{
    CHECK(cost->passes >= PASSWORD_PASSES_MIN && cost->passes <= PASSWORD_PASSES_MAX);
    return (unsigned long long)cost->passes;
}

static size_t memory_of(const struct password_cost *cost)
{
    CHECK(cost->memory_kib >= PASSWORD_MEMORY_KIB_MIN &&
          cost->memory_kib <= PASSWORD_MEMORY_KIB_MAX);
    return (size_t)cost->memory_kib * BYTES_PER_KIB;
}

enum err password_hash(str password, const struct password_cost *cost,
                       char hash_out[PASSWORD_HASH_MAX])
{
    int result =
        crypto_pwhash_str_alg(hash_out, password.p ? password.p : "", password.n, passes_of(cost),
                              memory_of(cost), crypto_pwhash_ALG_ARGON2ID13);

    return result == 0 ? OK : ERR_UNAVAILABLE;
}

bool password_needs_rehash(const char *hash, const struct password_cost *cost)
{
    return crypto_pwhash_str_needs_rehash(hash, passes_of(cost), memory_of(cost)) != 0;
}

/* --- verifying ------------------------------------------------------------------------------- */

/* $argon2id$v=19$m=65536,t=2,p=1$salt$digest, taken apart. */
struct stored {
    struct password_cost cost;
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char digest[DIGEST_BYTES];
};

/* `name`, a number from min to max, `end`. */
static bool take_number(str *rest, str name, int64_t min, int64_t max, char end, int64_t *value_out)
{
    str number;

    if (!str_starts(*rest, name) || !str_split(rest, end, &number) ||
        !str_to_i64(str_skip(number, name.n), value_out))
        return false;
    return *value_out >= min && *value_out <= max;
}

/* Plain base64 without padding, exactly `n` bytes, up to the next $ or the end. */
static bool take_bytes(str *rest, unsigned char *to, size_t n)
{
    str text;
    size_t got;

    return str_split(rest, '$', &text) &&
           sodium_base642bin(to, n, text.p, text.n, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
           got == n;
}

static bool stored_read(str hash, struct stored *stored_out)
{
    const str start = STR("$argon2id$v=19$");
    str rest = str_skip(hash, start.n);
    int64_t lanes;

    return str_starts(hash, start) &&
           take_number(&rest, STR("m="), PASSWORD_MEMORY_KIB_MIN, PASSWORD_MEMORY_KIB_MAX, ',',
                       &stored_out->cost.memory_kib) &&
           take_number(&rest, STR("t="), PASSWORD_PASSES_MIN, PASSWORD_PASSES_MAX, ',',
                       &stored_out->cost.passes) &&
           take_number(&rest, STR("p="), 1, 1, '$', &lanes) &&
           take_bytes(&rest, stored_out->salt, sizeof stored_out->salt) &&
           take_bytes(&rest, stored_out->digest, sizeof stored_out->digest) && str_is_none(rest);
}

/* Not crypto_pwhash_str_verify(): it calls the right password wrong when it has no memory for the
 * work. Without a hash the work is done all the same, and its result thrown away. */
enum err password_verify(str password, const char *hash, const struct password_cost *cost)
{
    struct stored stored = {0};
    unsigned char digest[DIGEST_BYTES];
    bool known = stored_read(str_of(hash ? hash : ""), &stored);

    if (!known)
        stored.cost = *cost;
    int result = crypto_pwhash(digest, sizeof digest, password.p ? password.p : "", password.n,
                               stored.salt, passes_of(&stored.cost), memory_of(&stored.cost),
                               crypto_pwhash_ALG_ARGON2ID13);
    if (result != 0)
        return ERR_UNAVAILABLE;
    bool same = sodium_memcmp(digest, stored.digest, sizeof digest) == 0;
    return known && same ? OK : ERR_DENIED;
}
