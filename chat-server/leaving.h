/* Telling Redis that this server need not hear of a conversation, or of a user, any more. At a pace: thousands may
 * leave at once, and those who stay come first. A name that is back when its turn comes is skipped. */
#ifndef CHATAPP_CHAT_LEAVING_H
#define CHATAPP_CHAT_LEAVING_H

#include "base/str.h"

struct server;

struct leaving *leaving_open(struct server *server);
void leaving_close(struct leaving **leaving);

/* Nobody of the conversation is here (any more), as far as the hub knows; nothing happens when it is on the list
 * already. What is still on the list when the process ends is forgotten by the bells' scripts (lib/ring.lua). */
void leaving_conversation(struct leaving *leaving, str id);
void leaving_user(struct leaving *leaving, str name);

#endif
