#include "auth/keyset.h"

#include <jansson.h>

#include "auth/base64url.h"
#include "auth/secret_file.h"
#include "json/json_scan.h"

/* What the key file holds, newest first. */
struct private_set {
    size_t n;
    struct signing_key keys[KEYSET_MAX];
};

/* --- one key --------------------------------------------------------------------------------- */

/* "x" or "d": 32 bytes, as text. */
#define KEY_TEXT_SIZE sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)

static void key_text(const unsigned char bytes[32], char text_out[KEY_TEXT_SIZE])
{
    (void)sodium_bin2base64(text_out, KEY_TEXT_SIZE, bytes, 32,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void key_thumbprint(const unsigned char public_key[crypto_sign_PUBLICKEYBYTES],
                    char text_out[KEY_THUMBPRINT_LEN + 1])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char x[KEY_TEXT_SIZE];
    struct buf json = {0};

    key_text(public_key, x);
    buf_printf(&json, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
    (void)crypto_hash_sha256(hash, (const unsigned char *)json.p, json.n);
    key_text(hash, text_out);
    buf_fini(&json);
}

static void verify_key_init(struct verify_key *key, const unsigned char *public_key)
{
    char thumbprint[KEY_THUMBPRINT_LEN + 1];

    *key = (struct verify_key){0};
    memcpy(key->public_key, public_key, sizeof key->public_key);
    key_thumbprint(public_key, thumbprint);
    memcpy(key->kid, thumbprint, KEY_ID_LEN);
}

void signing_key_from_seed(const unsigned char seed[crypto_sign_SEEDBYTES],
                           struct signing_key *key_out)
{
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];

    (void)crypto_sign_seed_keypair(public_key, key_out->secret_key, seed);
    verify_key_init(&key_out->verify, public_key);
}

void signing_key_new(struct signing_key *key_out)
{
    unsigned char seed[crypto_sign_SEEDBYTES];

    randombytes_buf(seed, sizeof seed);
    signing_key_from_seed(seed, key_out);
    sodium_memzero(seed, sizeof seed);
}

/* --- writing JWKs ---------------------------------------------------------------------------- */

/* Leaves the object open, for "d". */
static void write_public(struct buf *out, const struct verify_key *key)
{
    char x[KEY_TEXT_SIZE];

    key_text(key->public_key, x);
    buf_printf(out,
               "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\","
               "\"kid\":\"%s\",\"x\":\"%s\"",
               key->kid, x);
}

void keyset_to_jwks(const struct keyset *keys, struct buf *out)
{
    buf_add_str(out, STR("{\"keys\":["));
    for (size_t i = 0; i < keys->n; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        write_public(out, &keys->keys[i]);
        buf_add_char(out, '}');
    }
    buf_add_str(out, STR("]}"));
}

static void write_private(struct buf *out, const struct signing_key *key)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    char d[KEY_TEXT_SIZE];

    (void)crypto_sign_ed25519_sk_to_seed(seed, key->secret_key);
    key_text(seed, d);
    write_public(out, &key->verify);
    buf_printf(out, ",\"d\":\"%s\"}", d);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(d, sizeof d);
}

static void write_private_set(struct buf *out, const struct private_set *set)
{
    (void)buf_reserve(out, KEYSET_TEXT_MAX); /* at once: growing would leave copies behind */
    buf_add_str(out, STR("{\"keys\":["));
    for (size_t i = 0; i < set->n; i++) {
        buf_add_str(out, i > 0 ? STR(",\n ") : STR("\n "));
        write_private(out, &set->keys[i]);
    }
    buf_add_str(out, STR("\n]}\n"));
}

/* --- reading JWKs ---------------------------------------------------------------------------- */

static bool member_is(const json_t *jwk, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(jwk, name));

    return text != NULL && strcmp(text, value) == 0;
}

static bool member_is_or_missing(const json_t *jwk, const char *name, const char *value)
{
    return json_object_get(jwk, name) == NULL || member_is(jwk, name, value);
}

static bool is_our_kind(const json_t *jwk)
{
    return member_is(jwk, "kty", "OKP") && member_is(jwk, "crv", "Ed25519") &&
           member_is_or_missing(jwk, "use", "sig") && member_is_or_missing(jwk, "alg", "EdDSA");
}

static bool member_key(const json_t *jwk, const char *name, unsigned char bytes_out[32])
{
    const json_t *text = json_object_get(jwk, name);
    size_t n;

    return json_is_string(text) &&
           base64url_read(str_from(json_string_value(text), json_string_length(text)), bytes_out,
                          32, &n) &&
           n == 32;
}

static bool read_public(const json_t *jwk, struct verify_key *key_out)
{
    unsigned char x[crypto_sign_PUBLICKEYBYTES];

    if (!member_key(jwk, "x", x) || crypto_core_ed25519_is_valid_point(x) != 1)
        return false;
    verify_key_init(key_out, x);
    return member_is(jwk, "kid", key_out->kid);
}

static bool read_private(const json_t *jwk, struct signing_key *key_out)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    struct verify_key stated;

    if (!is_our_kind(jwk) || !read_public(jwk, &stated) || !member_key(jwk, "d", seed))
        return false;
    signing_key_from_seed(seed, key_out);
    sodium_memzero(seed, sizeof seed);
    return memcmp(stated.public_key, key_out->verify.public_key, sizeof stated.public_key) == 0;
}

/* The JWK Set, or NULL; json_decref() it. */
static json_t *load_set(str text)
{
    if (text.n > KEYSET_TEXT_MAX || json_check(text) != OK)
        return NULL;
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(json_object_get(root, "keys"))) {
        json_decref(root);
        return NULL;
    }
    return root;
}

enum err keyset_from_jwks(str jwks, struct keyset *keys_out)
{
    struct keyset keys = {0};
    json_t *root = load_set(jwks);
    json_t *jwk;
    size_t i;
    bool good = root != NULL;

    json_array_foreach(json_object_get(root, "keys"), i, jwk)
    {
        if (!is_our_kind(jwk))
            continue;
        good = keys.n < KEYSET_MAX && read_public(jwk, &keys.keys[keys.n]);
        if (!good)
            break;
        keys.n++;
    }
    json_decref(root);
    if (!good || keys.n == 0)
        return ERR_INVALID;
    *keys_out = keys;
    return OK;
}

const struct verify_key *keyset_find(const struct keyset *keys, str kid)
{
    for (size_t i = 0; i < keys->n; i++)
        if (str_eq(kid, str_from(keys->keys[i].kid, KEY_ID_LEN)))
            return &keys->keys[i];
    return NULL;
}

/* --- the file -------------------------------------------------------------------------------- */

static bool private_set_from_json(str text, struct private_set *set_out)
{
    json_t *root = load_set(text);
    const json_t *array = json_object_get(root, "keys");
    size_t n = json_array_size(array);
    bool good = n > 0 && n <= KEYSET_MAX;

    set_out->n = n;
    for (size_t i = 0; good && i < n; i++)
        good = read_private(json_array_get(array, i), &set_out->keys[i]);
    for (size_t i = 0; i < n; i++) { /* jansson frees without wiping */
        json_t *d = json_object_get(json_array_get(array, i), "d");
        if (json_is_string(d))
            sodium_memzero((char *)(uintptr_t)json_string_value(d), json_string_length(d));
    }
    json_decref(root);
    return good;
}

static enum err private_set_read(const char *path, struct private_set *set_out, struct buf *why)
{
    struct buf content = {0};
    enum err err = secret_file_read(path, KEYSET_TEXT_MAX, &content, why);

    if (err == OK && !private_set_from_json(buf_view(&content), set_out)) {
        buf_printf(
            why,
            "%s is not a signing key file (a JWK Set with 1 to %d private Ed25519 keys): put the "
            "right file there, or move it away to get a new key",
            path, KEYSET_MAX);
        err = ERR_INVALID;
    }
    secret_wipe(&content);
    return err;
}

/* With one new key. Somebody else's having been quicker is as good. */
static enum err private_set_create(const char *path, struct buf *why)
{
    struct private_set set = {.n = 1};
    struct buf content = {0};

    signing_key_new(&set.keys[0]);
    write_private_set(&content, &set);
    enum err err = secret_file_create(path, buf_view(&content), why);
    secret_wipe(&content);
    sodium_memzero(&set, sizeof set);
    return err == ERR_CONFLICT ? OK : err;
}

enum err keyset_open_file(const char *path, struct signing_key *signing_out,
                          struct keyset *keys_out, struct buf *why)
{
    struct private_set set = {0};
    enum err err = private_set_read(path, &set, why);

    if (err == ERR_NOT_FOUND) {
        err = private_set_create(path, why);
        if (err == OK)
            err = private_set_read(path, &set, why);
        if (err == ERR_NOT_FOUND) {
            buf_printf(why, "%s was made and vanished again: does something else clean up there?",
                       path);
            err = ERR_IO;
        }
    }
    if (err == OK) {
        *signing_out = set.keys[0];
        *keys_out = (struct keyset){.n = set.n};
        for (size_t i = 0; i < set.n; i++)
            keys_out->keys[i] = set.keys[i].verify;
    }
    sodium_memzero(&set, sizeof set);
    return err;
}

static void private_set_prepend(struct private_set *set)
{
    size_t kept = set->n < KEYSET_MAX ? set->n : KEYSET_MAX - 1;

    memmove(&set->keys[1], &set->keys[0], kept * sizeof set->keys[0]);
    signing_key_new(&set->keys[0]);
    set->n = kept + 1;
}

enum err keyset_rotate_file(const char *path, struct buf *why)
{
    struct private_set set = {0};
    struct buf content = {0};
    int lock;

    enum err err = secret_file_lock(path, &lock, why);
    if (err != OK)
        return err;
    err = private_set_read(path, &set, why);
    if (err == ERR_NOT_FOUND)
        buf_printf(why, "there is no %s to put a new key in: it is made when the api-server starts",
                   path);
    if (err == OK) {
        private_set_prepend(&set);
        write_private_set(&content, &set);
        err = secret_file_replace(path, buf_view(&content), why);
    }
    secret_wipe(&content);
    sodium_memzero(&set, sizeof set);
    secret_file_unlock(lock);
    return err;
}
