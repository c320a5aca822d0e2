/* A WebSocket text frame (RFC 6455, 5.2) from server to client: header and payload in one piece of memory, made
 * once and shared by reference among all connections that send it. Single-threaded. */
#ifndef CHATAPP_WS_FRAME_H
#define CHATAPP_WS_FRAME_H

#include "base/buf.h"

struct frame {
    uint32_t refs;
    uint32_t n; /* bytes on the wire */
    unsigned char bytes[];
};

/* A frame of one reference, the caller's, with a copy of the payload. */
struct frame *frame_text(str payload);
/* The shared keep-alive: a PING with one byte of payload (lws never reports an empty PONG). */
struct frame *frame_ping(void);
/* A CLOSE with a code and up to 123 bytes of reason. */
struct frame *frame_close(unsigned code, const char *reason);
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame); /* the last one frees it */
/* What the frame carries. */
str frame_payload(const struct frame *frame);

#endif
