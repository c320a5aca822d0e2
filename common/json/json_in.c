#include "json/json_in.h"

#include "json/json_scan.h"

enum err json_in_open(str text, struct json_in *in_out)
{
    if (json_check(text) != OK)
        return ERR_INVALID;
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        return ERR_INVALID;
    }
    *in_out = (struct json_in){.root = root};
    return OK;
}

void json_in_close(struct json_in *in)
{
    json_decref(in->root);
    in->root = NULL;
}

void json_in_fail(struct json_in *in, const char *field, const char *why)
{
    if (json_in_bad(in))
        return;
    in->field = field;
    in->why = why;
    in->err = ERR_INVALID;
}

static void fail_type(struct json_in *in, const char *field, const char *why)
{
    if (json_in_bad(in))
        return;
    json_in_fail(in, field, why);
    in->wrong_type = true;
}

bool json_in_has(const struct json_in *in, const char *key)
{
    const json_t *value = json_object_get(in->root, key);
    return value != NULL && !json_is_null(value);
}

/* The field, or NULL when it is missing, which is then noted, or when another is bad already. */
static const json_t *get(struct json_in *in, const char *key)
{
    if (json_in_bad(in))
        return NULL;
    const json_t *value = json_object_get(in->root, key);
    if (value == NULL)
        json_in_fail(in, key, "is missing");
    return value;
}

/* STR_NONE when it is none. */
static str text_of(struct json_in *in, const char *key, const json_t *value, const char *why)
{
    if (json_is_string(value))
        return str_from(json_string_value(value), json_string_length(value));
    fail_type(in, key, why);
    return STR_NONE;
}

str json_in_str(struct json_in *in, const char *key, size_t min, size_t max)
{
    const json_t *value = get(in, key);
    if (value == NULL)
        return STR_NONE;
    str text = text_of(in, key, value, "must be a string");
    if (str_is_none(text))
        return STR_NONE;
    if (text.n >= min && text.n <= max)
        return text;
    const char *too_small = text.n == 0 ? "must not be empty" : "is too short";
    json_in_fail(in, key, text.n < min ? too_small : "is too long");
    return STR_NONE;
}

str json_in_str_optional(struct json_in *in, const char *key, size_t min, size_t max)
{
    return json_in_has(in, key) ? json_in_str(in, key, min, max) : STR_NONE;
}

int64_t json_in_int(struct json_in *in, const char *key, int64_t min, int64_t max)
{
    const json_t *value = get(in, key);

    if (value == NULL)
        return 0;
    if (!json_is_number(value))
        fail_type(in, key, "must be a number");
    else if (!json_is_integer(value))
        json_in_fail(in, key, "must be a whole number");
    else if (json_integer_value(value) < min || json_integer_value(value) > max)
        json_in_fail(in, key, "is out of range");
    else
        return json_integer_value(value);
    return 0;
}

size_t json_in_array(struct json_in *in, const char *key, size_t max)
{
    const json_t *value = get(in, key);

    if (value == NULL)
        return 0;
    if (!json_is_array(value))
        fail_type(in, key, "must be an array");
    else if (json_array_size(value) > max)
        json_in_fail(in, key, "has too many items");
    else
        return json_array_size(value);
    return 0;
}

str json_in_item_str(struct json_in *in, const char *key, size_t i)
{
    const json_t *value = get(in, key);
    if (value == NULL)
        return STR_NONE;
    return text_of(in, key, json_array_get(value, i), "must hold strings");
}
