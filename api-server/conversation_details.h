/* One conversation with its members, as an answer. */
#ifndef CHATAPP_API_CONVERSATION_DETAILS_H
#define CHATAPP_API_CONVERSATION_DETAILS_H

#include "http/http_response.h"

/* {"conversation":{…view, created, role, members:[{username, display_name, role}]}} as `user` sees it, with `status`;
 * 404 for a stranger. */
void conversation_details(struct http_response *response, int status, str conversation, str user);

#endif
