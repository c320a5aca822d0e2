/* What json_check() accepts, jansson must load; what it hands out as members must be what jansson
 * sees. The other way round they differ on purpose: our depth is less, and so is our patience with
 * numbers and \u0000. */
#include <jansson.h>

#include "base/check.h"
#include "base/mem.h"
#include "json/json_escape.h"
#include "json/json_scan.h"

/* jansson's integers end at 64 bits, JSON's do not: they are read as real numbers here. */
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* The value of a member, by the key as it stands in the text. */
static json_t *value_of(json_t *root, str escaped_key)
{
    char *key = mem_alloc(escaped_key.n + 1);
    json_t *value;

    key[json_unescape(escaped_key, key)] = '\0';
    value = json_object_get(root, key);
    free(key);
    return value;
}

static void check_string(const struct json_member *member, json_t *value)
{
    str plain;

    CHECK(json_is_string(value));
    CHECK(json_text_length(member->raw) == json_string_length(value));
    if (json_plain_string(member, &plain))
        CHECK(str_eq(plain, str_from(json_string_value(value), json_string_length(value))));
}

static void check_member(const struct json_member *member, json_t *value)
{
    CHECK(value != NULL);
    CHECK(json_check(member->raw) == OK);
    switch (member->kind) {
    case JSON_KIND_STRING: check_string(member, value); break;
    case JSON_KIND_NUMBER: CHECK(json_is_number(value)); break;
    case JSON_KIND_OBJECT: CHECK(json_is_object(value)); break;
    case JSON_KIND_ARRAY: CHECK(json_is_array(value)); break;
    case JSON_KIND_TRUE: CHECK(json_is_true(value)); break;
    case JSON_KIND_FALSE: CHECK(json_is_false(value)); break;
    case JSON_KIND_NULL: CHECK(json_is_null(value)); break;
    default: CHECK(false);
    }
}

static void check_object(str text, json_t *root)
{
    struct json_object object;
    enum err err = json_scan_object(text, &object);

    if (!json_is_object(root)) {
        CHECK(err == ERR_INVALID);
        return;
    }
    CHECK(err == (json_object_size(root) > JSON_MEMBERS_MAX ? ERR_TOO_BIG : OK));
    if (err != OK)
        return;
    CHECK(object.n == json_object_size(root));
    for (size_t i = 0; i < object.n; i++)
        check_member(&object.members[i], value_of(root, object.members[i].key));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    str text = str_from((const char *)data, size);
    json_error_t error;

    if (json_check(text) != OK) {
        struct json_object object;
        CHECK(json_scan_object(text, &object) != OK);
        return 0;
    }
    json_t *root = json_loadb(text.p, text.n, FLAGS, &error);
    if (root == NULL)
        (void)fprintf(stderr, "jansson: %s\n", error.text);
    CHECK(root != NULL);
    check_object(text, root);
    json_decref(root);
    return 0;
}
