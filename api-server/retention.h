/* Retention: one thread that goes through all conversations, again and again, at a pace that Redis does not notice, and
 * drops what --retention-messages and --retention-days say is too much. Several api-servers do it all the same: it is no
 * harm to look twice. */
#ifndef CHATAPP_API_RETENTION_H
#define CHATAPP_API_RETENTION_H

#include "api_settings.h"

struct retention;

/* NULL when everything is kept. */
struct retention *retention_start(const struct api_settings *settings);
void retention_stop(struct retention **retention);

#endif
