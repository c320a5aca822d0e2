/* Ending sessions so that every server hears of it: done first, then said in the stream, then rung for. Who hears of an
 * end can rely on it; what a crash leaves unsaid the others find when they look again at the sessions they serve. */
#ifndef CHATAPP_API_SESSION_ENDING_H
#define CHATAPP_API_SESSION_ENDING_H

#include "api.h"

/* *was_there_out may be NULL. ERR_UNAVAILABLE: it may go on. */
MUST_USE enum err session_ending(struct api *api, str user, str session, bool *was_there_out);

/* The second half, for those who have ended sessions within a larger step. */
void session_ending_tell(struct api *api, str user, const str *sessions, size_t n);

#endif
