/* Ending sessions so that every server hears of it: said in the stream first, then done, then rung for. */
#ifndef CHATAPP_API_SESSION_ENDING_H
#define CHATAPP_API_SESSION_ENDING_H

#include "api.h"

/* *was_there_out may be NULL. ERR_UNAVAILABLE: it may go on. */
MUST_USE enum err session_ending(struct api *api, str user, str session, bool *was_there_out);

/* The halves, for those who end sessions within a larger step. */
MUST_USE enum err session_ending_announce(str user, str session);
void session_ending_publish(str user, str session);

#endif
