/* RFC 6455 frames as a client writes and reads them: whole messages only, no extensions. Pure. */
#ifndef CHATAPP_BENCH_WS_FRAME_H
#define CHATAPP_BENCH_WS_FRAME_H

#include "base/buf.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

struct ws_frame {
    bool final;
    int opcode;
    str payload; /* a view into what was read; unmasked in place when it was masked */
};

/* Appends a masked frame. */
void ws_frame_add(struct buf *out, enum ws_opcode opcode, str payload);
/* The first frame of `bytes`: how long it is, or 0 when it is not whole yet. */
size_t ws_frame_next(char *bytes, size_t n, struct ws_frame *frame_out);

#endif
