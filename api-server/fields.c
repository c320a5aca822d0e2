#include "fields.h"

#define ANY_LENGTH (64 * 1024) /* the rules say how long */

void field_username(struct json_in *in, const char *key, struct username *name_out)
{
    str raw = json_in_str(in, key, 0, ANY_LENGTH);

    if (!json_in_bad(in) && username_parse(raw, name_out) != OK)
        json_in_fail(
            in, key,
            "must be 3 to 32 of a-z, 0-9, dot, dash and underscore, a letter or digit first");
}

str field_text(struct json_in *in, const char *key, const char *(*problem)(str text))
{
    str text = json_in_str(in, key, 0, ANY_LENGTH);
    const char *why = json_in_bad(in) ? NULL : problem(text);

    if (why)
        json_in_fail(in, key, why);
    return text;
}

str field_text_optional(struct json_in *in, const char *key, const char *(*problem)(str text))
{
    return json_in_has(in, key) ? field_text(in, key, problem) : STR_NONE;
}
