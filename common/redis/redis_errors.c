#include "redis/redis_errors.h"

#include "daemon/log.h"

#define QUIET_MS 1000

static str first_word(str text)
{
    const char *space = text.n ? memchr(text.p, ' ', text.n) : NULL;
    size_t n = space != NULL ? (size_t)(space - text.p) : text.n;

    return str_from(text.p, n < REDIS_ERROR_WORD_MAX ? n : REDIS_ERROR_WORD_MAX);
}

/* The kind of that word; when there is none, a new one, if need be in the place of the one that was logged
 * longest ago. */
static struct redis_error_kind *find(struct redis_errors *errors, str word, int64_t now_ms)
{
    struct redis_error_kind *oldest = &errors->kinds[0];

    for (size_t i = 0; i < errors->n; i++) {
        struct redis_error_kind *kind = &errors->kinds[i];
        if (str_eq(str_from(kind->word, kind->word_n), word))
            return kind;
        if (kind->logged_ms < oldest->logged_ms)
            oldest = kind;
    }
    struct redis_error_kind *kind =
        errors->n < REDIS_ERROR_KINDS ? &errors->kinds[errors->n++] : oldest;
    *kind = (struct redis_error_kind){.word_n = word.n, .logged_ms = now_ms - QUIET_MS};
    if (word.n > 0)
        memcpy(kind->word, word.p, word.n);
    return kind;
}

bool redis_errors_note(struct redis_errors *errors, str text, const char *name, int64_t now_ms)
{
    struct redis_error_kind *kind = find(errors, first_word(text), now_ms);

    if (now_ms - kind->logged_ms < QUIET_MS) {
        kind->unlogged++;
        return false;
    }
    log_error("redis failed", F_Z("command", name), F_STR("reason", text),
              F_INT("unlogged", kind->unlogged));
    kind->logged_ms = now_ms;
    kind->unlogged = 0;
    return true;
}
