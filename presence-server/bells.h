/* What arrives on this server's channels: news of other servers (news.h), bells (store/presence_bell.h), and that a session
 * ended somewhere. */
#ifndef CHATAPP_PRESENCE_BELLS_H
#define CHATAPP_PRESENCE_BELLS_H

#include "server.h"

void bells_message(struct server *server, str channel, str payload);

#endif
