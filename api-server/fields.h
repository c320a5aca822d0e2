/* Fields of request bodies that several handlers read. */
#ifndef CHATAPP_API_FIELDS_H
#define CHATAPP_API_FIELDS_H

#include "base/username.h"
#include "json/json_in.h"

/* Marks the field as bad when it is no username; *name_out is then untouched. */
void field_username(struct json_in *in, const char *key, struct username *name_out);
/* Must be there, and follow `problem` (profile_rules.h). */
str field_text(struct json_in *in, const char *key, const char *(*problem)(str text));
/* STR_NONE when it is not there, or null. */
str field_text_optional(struct json_in *in, const char *key, const char *(*problem)(str text));

#endif
