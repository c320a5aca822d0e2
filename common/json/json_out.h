/* Writing JSON into a buffer. A handful of functions that cannot fail; commas are theirs.
 *
 *     json_open(&b, NULL, '{'); json_put_str(&b, "user", name); json_put_int(&b, "seq", 7); json_close(&b, '}');
 */
#ifndef CHATAPP_JSON_JSON_OUT_H
#define CHATAPP_JSON_JSON_OUT_H

#include "base/buf.h"

/* Every function with a `key` writes `"key":value`; with key NULL just the value (in an array).
 * A comma comes first unless the buffer is empty or ends in { [ or :, which is exact as long as
 * values are written through these functions. Keys are plain ASCII without quotes. */
void json_open(struct buf *b, const char *key, char bracket); /* '{' or '[' */
void json_close(struct buf *b, char bracket);                 /* '}' or ']' */
void json_put_str(struct buf *b, const char *key, str text);  /* valid UTF-8; escaped as needed */
void json_put_int(struct buf *b, const char *key, int64_t value);
void json_put_bool(struct buf *b, const char *key, bool value);
void json_put_raw(struct buf *b, const char *key, str json); /* is JSON already */
/* Just the quoted string, no comma. Control characters, " and \ are escaped, and < too, so that a
 * page that embeds it stays a page. */
void json_quote(struct buf *b, str text);

#endif
