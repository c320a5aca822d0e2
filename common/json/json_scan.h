/* Reading JSON (RFC 8259) without building a tree: one pass that checks everything, and hands out the
 * top-level members as slices of the input. The message path uses nothing else; the other inbound JSON
 * passes through json_check() before jansson sees it.
 *
 * Refused: more than JSON_DEPTH_MAX levels ([[]] has 2), a key twice in one object (compared after
 * unescaping), invalid UTF-8, lone surrogates, \u0000, numbers beyond a double's range, anything after
 * the value. */
#ifndef CHATAPP_JSON_JSON_SCAN_H
#define CHATAPP_JSON_JSON_SCAN_H

#include "base/err.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 16
#define JSON_MEMBERS_MAX 32 /* top-level members of a frame; more is ERR_TOO_BIG */

/* JSON_STRING, json_integer() and json_string_length() would collide with jansson's. */
enum json_kind {
    JSON_KIND_NONE,
    JSON_KIND_STRING,
    JSON_KIND_NUMBER,
    JSON_KIND_OBJECT,
    JSON_KIND_ARRAY,
    JSON_KIND_TRUE,
    JSON_KIND_FALSE,
    JSON_KIND_NULL
};

struct json_member {
    str key; /* between the quotes, still escaped (an escaped key equals none of ours) */
    str raw; /* the value as it stands in the input, quotes and braces included */
    enum json_kind kind;
};

struct json_object {
    size_t n;
    struct json_member members[JSON_MEMBERS_MAX];
};

/* ERR_INVALID when the text breaks a rule above or is not an object. Borrows from `text`. */
MUST_USE enum err json_scan_object(str text, struct json_object *object_out);
/* The same, for an object of any size: `each` is told of one top-level member after the other, and ends the scan by
 * returning false: ERR_TOO_BIG. What comes out at the end is about the whole text, so nothing may be done for good
 * before. */
typedef bool json_each_fn(void *context, const struct json_member *member);
MUST_USE enum err json_each(str text, json_each_fn *each, void *context);
/* Any JSON value; the same rules. */
MUST_USE enum err json_check(str text);

/* The member called `key`, or NULL. */
const struct json_member *json_find(const struct json_object *object, const char *key);

/* What is between the quotes of a string, when it holds no escape; false otherwise. */
bool json_plain_string(const struct json_member *member, str *text_out);
/* Length in bytes of a JSON string's text after unescaping; `raw` has passed the scan. */
size_t json_text_length(str raw);
/* A whole number without fraction or exponent, within int64_t. */
bool json_member_integer(const struct json_member *member, int64_t *value_out);

#endif
