/* The client's side of a WebSocket (RFC 6455) over a socket of its own, for tests and
 * benchmarks: it can do what a proper client never does. Never blocks, no library, no test
 * framework; the caller polls.
 *
 *     ws_core_open(&w, port, "/chat", "Authorization: Bearer …\r\n")
 *     → poll ws_core_events() → ws_core_pump()
 *     → while (ws_core_next(&w, &frame)) …
 * / */
#ifndef CHATAPP_HARNESS_WS_CORE_H
#define CHATAPP_HARNESS_WS_CORE_H

#include "base/buf.h"

enum ws_opcode {
    WS_CONTINUATION = 0x0,
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xA
};

enum ws_state {
    WS_CONNECTING, /* the TCP connection or the handshake is under way */
    WS_OPEN,
    WS_REFUSED, /* answered with another status than 101: `status` */
    WS_ENDED    /* the TCP connection is over */
};

struct ws_core {
    int fd;
    enum ws_state state;
    int status;     /* of the handshake, 0 until it came */
    int close_code; /* from the server's close frame: 1005 when it had none; 0: no such frame yet */
    bool close_sent;
    bool manual;   /* do not answer pings and closes by itself */
    struct buf in; /* from in_at on: bytes not yet looked at */
    size_t in_at;
    struct buf out;
    size_t out_at;
    struct buf message; /* what fragments have brought so far */
    enum ws_opcode message_opcode;
};

/* One message, or a control frame; `payload` is valid until the next call of any function. */
struct ws_frame {
    enum ws_opcode opcode;
    str payload;
};

/* The handshake is queued at once. `headers`: more lines, each with \r\n; may be "". An "Origin"
 * or another "Upgrade" is put there too. False when the system refuses a socket. */
bool ws_core_open(struct ws_core *w, int port, const char *path, const char *headers);
/* The same with all of the request given. */
bool ws_core_open_raw(struct ws_core *w, int port, str request);
void ws_core_fini(struct ws_core *w); /* closes the socket without a word */

short ws_core_events(const struct ws_core *w); /* for poll() */
/* Reads and writes what can be without waiting, and does the handshake. */
void ws_core_pump(struct ws_core *w);
/* The next complete message or control frame that came. */
bool ws_core_next(struct ws_core *w, struct ws_frame *frame_out);

/* Queues a masked frame and tries to write at once. */
void ws_core_send(struct ws_core *w, enum ws_opcode opcode, str payload);
void ws_core_send_text(struct ws_core *w, str text);
void ws_core_close(struct ws_core *w, int code); /* 0: a close frame without a code */
/* The first byte as given (FIN, reserved bits, opcode), masked or not. */
void ws_core_send_frame(struct ws_core *w, unsigned first_byte, bool masked, str payload);
void ws_core_send_bytes(struct ws_core *w, str bytes);

#endif
