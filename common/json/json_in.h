/* Reading a JSON body off the message path: json_check()'s limits first, then jansson's tree.
 *
 *     struct json_in in;
 *     json_in_open(body, &in) ...
 *     str name = json_in_str(&in, "name", 1, 100);
 *     if (json_in_bad(&in)) → 422 with in.field and in.why
 *
 * The first rule that a field breaks is remembered; later getters then do nothing, so that a handler
 * asks for all its fields and looks once. */
#ifndef CHATAPP_JSON_JSON_IN_H
#define CHATAPP_JSON_JSON_IN_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

struct json_in {
    json_t *root;
    const char *field; /* the first bad one, NULL while all is well */
    const char *why;   /* static: "is missing", "must be a string", ... */
    enum err err;      /* ERR_INVALID: breaks a rule (422) */
    bool wrong_type;   /* the field has another JSON type than it must: bad_json (400) in HTTP */
};

/* ERR_INVALID: not JSON, not an object, over a limit of json_scan.h, or with a whole number beyond
 * int64_t, which jansson cannot hold; nothing to close then. */
MUST_USE enum err json_in_open(str text, struct json_in *in_out);
void json_in_close(struct json_in *in);

bool json_in_has(const struct json_in *in, const char *key); /* present and not null */
/* A string of min..max bytes (after unescaping); borrowed until json_in_close. STR_NONE when bad. */
str json_in_str(struct json_in *in, const char *key, size_t min, size_t max);
/* The same, but STR_NONE when it is missing or null. */
str json_in_str_optional(struct json_in *in, const char *key, size_t min, size_t max);
/* A number without fraction or exponent; 0 when bad. */
int64_t json_in_int(struct json_in *in, const char *key, int64_t min, int64_t max);
/* How many items the array has, at most `max`; 0 when bad. Items: json_in_item_str. */
size_t json_in_array(struct json_in *in, const char *key, size_t max);
/* Item i of the array `key`, as a string of any length; fails the field when it is none. */
str json_in_item_str(struct json_in *in, const char *key, size_t i);
/* Marks a field as bad for a rule of the caller's own. */
void json_in_fail(struct json_in *in, const char *field, const char *why);
static inline bool json_in_bad(const struct json_in *in)
{
    return in->field != NULL;
}

#endif
