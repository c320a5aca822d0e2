/* The Router's other half: requests for notifications are answered by a live notification-server, whichever the registry
 * names. What is passed on was authenticated here, and is again there.
 *
 * When a server does not answer, another is tried, once, if that can do no harm: when not a byte was sent, or when
 * sending it twice comes to the same (GET; a notification, which has an Idempotency-Key: one is made for those that
 * come without). Otherwise the client hears that nobody knows. */
#ifndef CHATAPP_API_GATEWAY_H
#define CHATAPP_API_GATEWAY_H

#include "forward.h"

/* Is another server to be tried after this? `repeatable`: doing it twice comes to the same. Pure. */
bool gateway_may_retry(enum forward_result result, bool repeatable);

#endif
