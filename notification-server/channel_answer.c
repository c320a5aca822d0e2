#include "channel_answer.h"

#include "channel_judge.h"

#define MS_PER_S 1000

json_t *answer_open(str body)
{
    struct json_in in;

    return json_in_open(body, &in) == OK ? in.root : NULL;
}

str answer_word(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    str word = {json_string_value(value), json_string_length(value)};

    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < ' ' || word.p[i] > '~')
            return STR("");
    return str_is_none(word) ? STR("") : word;
}

int64_t answer_seconds_ms(const json_t *object, const char *key)
{
    double seconds = json_number_value(json_object_get(object, key));

    if (!(seconds > 0))
        return 0;
    if (seconds > (double)RETRY_AFTER_MAX_MS / MS_PER_S)
        return RETRY_AFTER_MAX_MS;
    return (int64_t)(seconds * MS_PER_S) + 1;
}
