/* A round: one conversation whose time has come is looked at, a page of members at a time, and whoever is silent gets a
 * push into the queue. */
#ifndef CHATAPP_NOTIFICATION_ROUND_H
#define CHATAPP_NOTIFICATION_ROUND_H

#include <stdint.h>

#include "base/str.h"

struct lookout;

void round_metrics_setup(void);
/* `taken_ms`: by Redis' clock. Ends with lookout_round_ended(), maybe at once. */
void round_begin(struct lookout *lookout, str conversation, int64_t taken_ms);

#endif
