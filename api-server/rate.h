/* Rate limits of requests (store/limit.h). 0 a minute is no limit. */
#ifndef CHATAPP_API_RATE_H
#define CHATAPP_API_RATE_H

#include "http/http_response.h"

/* `kind`: what is limited. False: 429 or 503 is filled in. */
bool rate_take(struct http_response *response, const char *kind, str who, int64_t per_minute);
/* It was no failure after all. */
void rate_give_back(const char *kind, str who, int64_t per_minute);

#endif
