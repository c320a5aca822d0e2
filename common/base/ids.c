#include "base/ids.h"

#include <sodium.h>

#define ID_BYTES 15 /* 120 bits: a whole number of base32 characters */

static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Five bytes make eight characters. */
static void base32(const unsigned char *bytes, char *text)
{
    for (size_t i = 0; i < ID_BYTES; i += 5, text += 8) {
        uint64_t five = 0;
        for (size_t j = 0; j < 5; j++)
            five = five << 8 | bytes[i + j];
        for (int j = 7; j >= 0; j--, five >>= 5)
            text[j] = ALPHABET[five & 31];
    }
    *text = '\0';
}

struct id id_new(void)
{
    unsigned char bytes[ID_BYTES];
    struct id id;

    randombytes_buf(bytes, sizeof bytes);
    base32(bytes, id.text);
    return id;
}

struct id id_from(const str *texts, size_t n)
{
    unsigned char
        hash[ID_BYTES > crypto_generichash_BYTES_MIN ? ID_BYTES : crypto_generichash_BYTES_MIN];
    crypto_generichash_state state;
    struct id id;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            (void)crypto_generichash_update(&state, (const unsigned char *)"\0", 1);
        (void)crypto_generichash_update(&state, (const unsigned char *)texts[i].p, texts[i].n);
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    base32(hash, id.text);
    return id;
}

bool id_is_valid(str text)
{
    if (text.n != ID_LEN)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= 'a' && text.p[i] <= 'z') || (text.p[i] >= '2' && text.p[i] <= '7')))
            return false;
    return true;
}

struct conversation_id conversation_id_room(void)
{
    struct conversation_id id = {.text = "r"};
    struct id random = id_new();

    memcpy(id.text + 1, random.text, sizeof random.text);
    return id;
}

struct conversation_id conversation_id_direct(str user_a, str user_b)
{
    struct conversation_id id = {.text = "d"};
    size_t shorter = user_a.n < user_b.n ? user_a.n : user_b.n;
    int order = memcmp(user_a.p, user_b.p, shorter);
    bool a_first = order < 0 || (order == 0 && user_a.n <= user_b.n);
    const str names[] = {a_first ? user_a : user_b, a_first ? user_b : user_a};
    struct id both = id_from(names, sizeof names / sizeof names[0]);

    memcpy(id.text + 1, both.text, sizeof both.text);
    return id;
}

bool conversation_id_is_valid(str text)
{
    return text.n == CONVERSATION_ID_LEN && (text.p[0] == 'd' || text.p[0] == 'r') &&
           id_is_valid(str_skip(text, 1));
}
