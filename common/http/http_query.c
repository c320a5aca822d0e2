#include "http/http_query.h"

#include "http/http_percent.h"

enum err http_query_str(str query, const char *name, struct buf *storage, str *value_out)
{
    str rest = query;
    str pair;
    str raw = STR_NONE;

    while (str_split(&rest, '&', &pair)) {
        str value = pair;
        str key;
        if (!str_split(&value, '=', &key) || !str_eq(key, str_of(name)))
            continue;
        if (!str_is_none(raw))
            return ERR_INVALID;
        raw = str_is_none(value) ? STR("") : value;
    }
    if (str_is_none(raw))
        return ERR_NOT_FOUND;
    size_t n;
    if (!http_percent_decode(raw, true, buf_reserve(storage, raw.n + 1), &n))
        return ERR_INVALID;
    *value_out = str_from(storage->p + storage->n, n);
    storage->n += n;
    return OK;
}

enum err http_query_int(str query, const char *name, int64_t min, int64_t max, int64_t fallback,
                        int64_t *value_out)
{
    struct buf storage = {0};
    str text;
    int64_t value = fallback;

    enum err err = http_query_str(query, name, &storage, &text);
    if (err == OK && (!str_to_i64(text, &value) || value < min || value > max))
        err = ERR_INVALID;
    buf_fini(&storage);
    if (err == ERR_INVALID)
        return err;
    *value_out = value;
    return OK;
}
