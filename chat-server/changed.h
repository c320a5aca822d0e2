/* Something about a conversation changed, such as its name. */
#ifndef CHATAPP_CHAT_CHANGED_H
#define CHATAPP_CHAT_CHANGED_H

#include "server.h"

/* The user's connections get it as a `conversation` frame; not, if Redis is away or the user is no member any more. */
void conversation_changed(struct server *server, struct user *user, str conversation);

#endif
