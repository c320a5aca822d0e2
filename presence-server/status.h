/* How available somebody is. Of several devices the most available one counts. Pure. */
#ifndef CHATAPP_PRESENCE_STATUS_H
#define CHATAPP_PRESENCE_STATUS_H

#include <stdbool.h>

#include "base/str.h"

#define STATUS_TEXT_MAX 256 /* bytes of UTF-8 */

enum status {                 /* ascending */
              STATUS_OFFLINE, /* or invisible: others cannot tell the one from the other */
              STATUS_BUSY,
              STATUS_AWAY,
              STATUS_ONLINE
};

/* As clients say it: "online", "away", "busy" or "invisible". False: none of these. */
bool status_from_word(str word, enum status *status_out);
/* As clients hear it. */
const char *status_word(enum status status);
/* As the servers write it to each other and into Redis: one letter. */
char status_letter(enum status status);
bool status_from_letter(str letter, enum status *status_out);

/* NULL: fine. Else what is wrong with it: too long, or holds a control character or a line break. UTF-8 already. */
const char *status_text_fault(str text);

#endif
