#include "match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"

json_t *match_pattern(struct where where, const char *json)
{
    json_error_t error;
    json_t *pattern = json_loads(fmt_json(json), JSON_DECODE_ANY, &error);

    if (pattern == NULL)
        fail_at(where, "the test's own JSON is wrong: %s: %s", error.text, json);
    return pattern;
}

static bool match_object(const json_t *value, const json_t *pattern)
{
    const char *key;
    json_t *wanted;

    if (!json_is_object(value))
        return false;
    json_object_foreach((json_t *)(uintptr_t)pattern, key, wanted)
    {
        if (!match(json_object_get(value, key), wanted))
            return false;
    }
    return true;
}

static bool match_array(const json_t *value, const json_t *pattern)
{
    if (!json_is_array(value) || json_array_size(value) != json_array_size(pattern))
        return false;
    for (size_t i = 0; i < json_array_size(pattern); i++)
        if (!match(json_array_get(value, i), json_array_get(pattern, i)))
            return false;
    return true;
}

bool match(const json_t *value, const json_t *pattern)
{
    if (json_is_null(pattern))
        return value == NULL || json_is_null(value);
    if (value == NULL)
        return false;
    if (json_is_string(pattern) && strcmp(json_string_value(pattern), "*") == 0)
        return !json_is_null(value);
    if (json_is_object(pattern))
        return match_object(value, pattern);
    if (json_is_array(pattern))
        return match_array(value, pattern);
    return json_equal(value, pattern) != 0;
}

const char *match_show(const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *shown = fmt("%.4000s", text ? text : "(nothing)");

    free(text);
    return shown;
}

void expect_json_at(struct where where, const json_t *value, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = fmt_v(format, args);
    va_end(args);
    json_t *pattern = match_pattern(where, text);
    bool good = match(value, pattern);
    json_decref(pattern);
    if (!good)
        fail_at(where, "expected %s\n     got %s", text, match_show(value));
}

json_t *item_of_at(struct where where, const json_t *object, const char *key)
{
    json_t *item = json_object_get(object, key);

    if (item == NULL)
        fail_at(where, "no \"%s\" in %s", key, match_show(object));
    return item;
}

const char *text_of_at(struct where where, const json_t *object, const char *key)
{
    json_t *item = item_of_at(where, object, key);

    if (!json_is_string(item))
        fail_at(where, "\"%s\" is no string in %s", key, match_show(object));
    return json_string_value(item);
}

long long int_of_at(struct where where, const json_t *object, const char *key)
{
    json_t *item = item_of_at(where, object, key);

    if (!json_is_integer(item))
        fail_at(where, "\"%s\" is no integer in %s", key, match_show(object));
    return json_integer_value(item);
}

json_t *match_find(const json_t *array, const char *text)
{
    json_t *pattern = match_pattern(HERE, text);
    json_t *found = NULL;

    for (size_t i = 0; found == NULL && i < json_array_size(array); i++)
        if (match(json_array_get(array, i), pattern))
            found = json_array_get(array, i);
    json_decref(pattern);
    return found;
}
