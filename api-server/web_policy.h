/* What the web client's page may do in a browser (Content Security Policy, level 3). Pure. */
#ifndef CHATAPP_API_WEB_POLICY_H
#define CHATAPP_API_WEB_POLICY_H

#include "http/http_response.h"

/* Of every file. Scripts and styles come from here, nothing is ever made HTML of, WebSockets may go anywhere. */
extern const struct http_fixed_header WEB_POLICY[];

/* A second policy for the page itself, which narrows the first: WebSockets go to the host that the page came from, on
 * any port, as chat-servers accept it (ws/origin.h), and to the hosts of `servers`, ws:// or wss:// URLs with spaces between.
 * False, and *out is untouched: one of them cannot be spelled in a policy (an IPv6 address), or they are too many. */
bool web_policy_connect(str host, str servers, struct buf *out);

#endif
