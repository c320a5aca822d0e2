/* Answers that are JSON, for `judge`. Whatever another server sent: nothing in here trusts it. Pure. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_ANSWER_H
#define CHATAPP_NOTIFICATION_CHANNEL_ANSWER_H

#include "json/json_in.h"

/* NULL when the text is no JSON object; else json_decref() it. */
json_t *answer_open(str body);
/* The member's text, borrowed; "" when it is none, or has other than printable ASCII. */
str answer_word(const json_t *object, const char *key);
/* Seconds, also as a fraction, in ms; 0 when there are none. */
int64_t answer_seconds_ms(const json_t *object, const char *key);

#endif
