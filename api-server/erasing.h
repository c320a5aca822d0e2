/* Erasing an account takes several steps. The set `erasing` names those that have begun, so that any api-server can
 * carry on after a crash. */
#ifndef CHATAPP_API_ERASING_H
#define CHATAPP_API_ERASING_H

#include "api.h"

/* The steps after account_erase(): ends the sessions, leaves the rooms, is no contact of others any more, deletes what
 * is the user's own. May be repeated. ERR_UNAVAILABLE: not finished. */
MUST_USE enum err erasing_finish(struct api *api, str user);
/* Those that others left unfinished. */
void erasing_finish_all(struct api *api);

#endif
