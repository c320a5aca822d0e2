/* What went wrong on one connection or pool, logged at most once a second for each kind. The kind is the first
 * word, which says it for error replies: "WRONGTYPE Operation against a key ...". Not thread-safe. */
#ifndef CHATAPP_REDIS_REDIS_ERRORS_H
#define CHATAPP_REDIS_REDIS_ERRORS_H

#include "base/str.h"

#define REDIS_ERROR_KINDS 8
#define REDIS_ERROR_WORD_MAX 24

struct redis_error_kind {
    char word[REDIS_ERROR_WORD_MAX];
    size_t word_n;
    int64_t logged_ms;
    int64_t unlogged; /* since then */
};

/* {0} is an empty one. */
struct redis_errors {
    struct redis_error_kind kinds[REDIS_ERROR_KINDS];
    size_t n;
};

/* `text`: an error reply, or a sentence; `name`: of the command. True when it was logged. */
bool redis_errors_note(struct redis_errors *errors, str text, const char *name, int64_t now_ms);

static inline bool redis_error_is(str text, str word)
{
    return str_starts(text, word) && (text.n == word.n || text.p[word.n] == ' ');
}

#endif
