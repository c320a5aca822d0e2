/* From a frame of a signed-in client to its handler: a table (dispatch.c). */
#ifndef CHATAPP_CHAT_DISPATCH_H
#define CHATAPP_CHAT_DISPATCH_H

#include "base/str.h"

struct conn;

void dispatch(struct conn *conn, str text);

#endif
