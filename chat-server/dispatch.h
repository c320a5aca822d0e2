/* From a frame of a signed-in client to its handler: a table (dispatch.c). */
#ifndef CHATAPP_CHAT_DISPATCH_H
#define CHATAPP_CHAT_DISPATCH_H

#include "conn/conn_dispatch.h"

#define CHAT_FRAMES_N 7

extern const struct frame_type CHAT_FRAMES[CHAT_FRAMES_N];

#endif
