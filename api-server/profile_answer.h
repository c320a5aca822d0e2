/* A user's profile as an answer. */
#ifndef CHATAPP_API_PROFILE_ANSWER_H
#define CHATAPP_API_PROFILE_ANSWER_H

#include "api.h"
#include "http/http_response.h"

/* 200, 404 or 503. */
void profile_answer(struct api *api, struct http_response *response, str user);

#endif
