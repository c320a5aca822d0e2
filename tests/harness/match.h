/* Does a JSON value hold what a pattern asks for?
 *
 *     EXPECT_JSON(answer->json, "{'code':'invalid_field','field':'%s'}", field);
 *
 * An object holds at least the pattern's members; an array has as many items, and each matches;
 * "*" stands for anything but null; null for a member that is not there. */
#ifndef CHATAPP_HARNESS_MATCH_H
#define CHATAPP_HARNESS_MATCH_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

#include "fail.h"

/* The pattern (or any JSON of ours), in the spelling of fmt_json(). json_decref() it. */
json_t *match_pattern(struct where where, const char *json);
bool match(const json_t *value, const json_t *pattern);
/* The value as text for a message; as long as fmt()'s. */
const char *match_show(const json_t *value);

void expect_json_at(struct where where, const json_t *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define EXPECT_JSON(value, ...) expect_json_at(HERE, value, __VA_ARGS__)

/* Members of objects that must be there, of that type: a failed test otherwise. */
const char *text_of_at(struct where where, const json_t *object, const char *key);
long long int_of_at(struct where where, const json_t *object, const char *key);
json_t *item_of_at(struct where where, const json_t *object, const char *key);
#define TEXT_OF(object, key) text_of_at(HERE, object, key)
#define INT_OF(object, key) int_of_at(HERE, object, key)
#define ITEM_OF(object, key) item_of_at(HERE, object, key)

/* The first item of an array that matches, or NULL. */
json_t *match_find(const json_t *array, const char *pattern);

#endif
