/* What people see as one character: a letter with its marks, a flag, a family of emoji (UAX #29, without what only
 * matters to an editor: prepended signs, and conjuncts of Indic scripts, which may come apart). Pure. */
#ifndef CHATAPP_NOTIFICATION_GRAPHEME_H
#define CHATAPP_NOTIFICATION_GRAPHEME_H

#include "base/str.h"

/* Bytes of the first one of `text`, which is valid UTF-8; 0 when it is empty. */
size_t grapheme_length(str text);

#endif
