/* Identifiers: 120 random bits (libsodium) as 24 lower-case letters and digits (RFC 4648 base32,
 * lower case, no padding). The conversation of two people has the one that their names determine. */
#ifndef CHATAPP_BASE_IDS_H
#define CHATAPP_BASE_IDS_H

#include <stdbool.h>

#include "base/str.h"

#define ID_LEN 24
#define CONVERSATION_ID_LEN (ID_LEN + 1) /* 'd' or 'r', then the id */
#define NODE_ID_LEN ID_LEN

struct id {
    char text[ID_LEN + 1]; /* NUL-terminated */
};

struct conversation_id {
    char text[CONVERSATION_ID_LEN + 1];
};

struct id id_new(void);
/* The one that these texts determine (BLAKE2b of them, with a zero byte between, which none of them holds). */
struct id id_from(const str *texts, size_t n);
bool id_is_valid(str text);

/* A room's: 'r' and a new id. */
struct conversation_id conversation_id_room(void);
/* The direct conversation of two users (or of one with oneself): 'd' and a BLAKE2b of both names,
 * the same whoever asks, so that two servers opening it at once open the same one. */
struct conversation_id conversation_id_direct(str user_a, str user_b);
bool conversation_id_is_valid(str text);

static inline bool conversation_id_is_direct(str text)
{
    return text.n > 0 && text.p[0] == 'd';
}

#endif
