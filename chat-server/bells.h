/* What arrives on this server's channels (store/bell.h), and what each bell makes it do. */
#ifndef CHATAPP_CHAT_BELLS_H
#define CHATAPP_CHAT_BELLS_H

#include "server.h"

void bells_message(struct server *server, str channel, str payload);

#endif
