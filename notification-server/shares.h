/* How much is taken at once of what is new, by priority: high before normal before low, but of sixteen at least three
 * normal ones and one low one when there are any. Pure. */
#ifndef CHATAPP_NOTIFICATION_SHARES_H
#define CHATAPP_NOTIFICATION_SHARES_H

#include <stdbool.h>
#include <stdint.h>

enum { SHARE_HIGH, SHARE_NORMAL, SHARE_LOW, SHARES };

#define SHARES_MIN 16 /* with fewer at once the shares come to nothing */

/* `full`: the last time there were as many of it as were asked for, so there may be more. Who has none of those before it
 * may have all, which makes SHARES times n together, at most. */
void shares_of(const bool full[SHARES], int64_t n, int64_t counts_out[SHARES]);

#endif
