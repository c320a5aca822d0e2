/* The escapes inside JSON strings (RFC 8259, 7). */
#ifndef CHATAPP_JSON_JSON_ESCAPE_H
#define CHATAPP_JSON_JSON_ESCAPE_H

#include "base/str.h"

/* How long the escape at the start of `text` is: 2 (\n), 6 (\u00e9) or 12 (a surrogate pair). 0 when
 * there is none, or one that json_scan.h refuses: unknown, cut short, \u0000, a lone surrogate. */
size_t json_escape_length(str text);

/* Writes what a checked text says, which is never longer than the text; returns its length. */
size_t json_unescape(str text, char *to);

#endif
