#include "ws_core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIN 0x80
#define READ_CHUNK 65536
/* RFC 6455, section 1.3: a nonce and what it is answered with. */
#define NONCE "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

bool ws_core_open_raw(struct ws_core *w, int port, str request)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;

    *w = (struct ws_core){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (w->fd < 0)
        return false;
    (void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(w->fd, (struct sockaddr *)&a, sizeof a) != 0 && errno != EINPROGRESS)
        w->state = WS_ENDED;
    buf_add_str(&w->out, request);
    return true;
}

bool ws_core_open(struct ws_core *w, int port, const char *path, const char *headers)
{
    struct buf request = {0};

    buf_printf(&request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", path, port);
    if (strstr(headers, "Upgrade:") == NULL)
        buf_printf(&request, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    buf_printf(&request, "Sec-WebSocket-Key: " NONCE "\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
               headers);
    bool good = ws_core_open_raw(w, port, buf_view(&request));
    buf_fini(&request);
    return good;
}

void ws_core_fini(struct ws_core *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    buf_fini(&w->in);
    buf_fini(&w->out);
    buf_fini(&w->message);
    *w = (struct ws_core){.fd = -1, .state = WS_ENDED};
}

/* --- bytes ----------------------------------------------------------------------------------- */

short ws_core_events(const struct ws_core *w)
{
    if (w->state == WS_ENDED)
        return 0;
    return (short)(POLLIN | (w->out_at < w->out.n ? POLLOUT : 0));
}

static void write_some(struct ws_core *w)
{
    while (w->out_at < w->out.n) {
        ssize_t n = send(w->fd, w->out.p + w->out_at, w->out.n - w->out_at, MSG_NOSIGNAL);
        if (n < 0)
            return; /* full, not connected yet, or over: reading tells which */
        w->out_at += (size_t)n;
    }
    buf_clear(&w->out);
    w->out_at = 0;
}

static void read_some(struct ws_core *w)
{
    if (w->in_at > 0 && w->in_at == w->in.n) {
        buf_clear(&w->in);
        w->in_at = 0;
    }
    for (;;) {
        ssize_t n = recv(w->fd, buf_reserve(&w->in, READ_CHUNK), READ_CHUNK, 0);
        if (n > 0) {
            w->in.n += (size_t)n;
            if (n == READ_CHUNK)
                continue;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)) {
            w->state = w->state == WS_REFUSED ? WS_REFUSED : WS_ENDED;
        }
        return;
    }
}

static str unread(const struct ws_core *w)
{
    return str_from(w->in.p + w->in_at, w->in.n - w->in_at);
}

static void finish_handshake(struct ws_core *w)
{
    str in = unread(w);
    const char *end = in.n ? memmem(in.p, in.n, "\r\n\r\n", 4) : NULL;

    if (end == NULL || in.n < 12)
        return;
    w->status = atoi(in.p + 9);
    if (w->status != 101 || memmem(in.p, in.n, ACCEPT, sizeof ACCEPT - 1) == NULL) {
        w->state = WS_REFUSED; /* head and body stay in `in` */
        return;
    }
    w->in_at += (size_t)(end - in.p) + 4;
    w->state = WS_OPEN;
}

void ws_core_pump(struct ws_core *w)
{
    if (w->state == WS_ENDED)
        return;
    bool connecting = w->state == WS_CONNECTING;
    write_some(w);
    read_some(w);
    if (connecting) {
        enum ws_state state = w->state;
        finish_handshake(w);
        if (state == WS_ENDED && w->state == WS_OPEN)
            w->state = WS_ENDED; /* opened and closed in one go; frames may still be read */
    }
}

/* --- frames that come ------------------------------------------------------------------------ */

struct header {
    bool fin;
    enum ws_opcode opcode;
    size_t size; /* of the header */
    size_t length;
};

static bool parse_header(str in, struct header *h)
{
    const unsigned char *p = (const unsigned char *)in.p;

    if (in.n < 2)
        return false;
    size_t extra = p[1] == 126 ? 2 : p[1] == 127 ? 8 : 0;
    if (in.n < 2 + extra)
        return false;
    h->fin = (p[0] & FIN) != 0;
    h->opcode = (enum ws_opcode)(p[0] & 0x0F);
    h->size = 2 + extra;
    h->length = extra ? 0 : p[1];
    for (size_t i = 0; i < extra; i++)
        h->length = h->length << 8 | p[2 + i];
    return in.n - h->size >= h->length;
}

static void note_close(struct ws_core *w, str payload)
{
    w->close_code =
        payload.n >= 2 ? (unsigned char)payload.p[0] << 8 | (unsigned char)payload.p[1] : 1005;
    if (!w->manual && !w->close_sent)
        ws_core_close(w, payload.n >= 2 ? w->close_code : 0);
}

/* Fragments are put together; control frames may come between them. */
static bool take(struct ws_core *w, const struct header *h, str payload, struct ws_frame *frame_out)
{
    *frame_out = (struct ws_frame){h->opcode, payload};
    if (h->opcode == WS_CLOSE)
        note_close(w, payload);
    if (h->opcode == WS_PING && !w->manual)
        ws_core_send(w, WS_PONG, payload);
    if (h->opcode >= WS_CLOSE || (h->fin && h->opcode != WS_CONTINUATION))
        return true;
    if (h->opcode != WS_CONTINUATION) {
        buf_clear(&w->message);
        w->message_opcode = h->opcode;
    }
    buf_add_str(&w->message, payload);
    *frame_out = (struct ws_frame){w->message_opcode, buf_view(&w->message)};
    return h->fin;
}

bool ws_core_next(struct ws_core *w, struct ws_frame *frame_out)
{
    struct header h;

    if (w->state != WS_OPEN && !(w->state == WS_ENDED && w->status == 101))
        return false;
    while (parse_header(unread(w), &h)) {
        str payload = str_from(w->in.p + w->in_at + h.size, h.length);
        w->in_at += h.size + h.length;
        if (take(w, &h, payload, frame_out))
            return true;
    }
    return false;
}

/* --- frames that go -------------------------------------------------------------------------- */

static void add_length(struct buf *out, size_t n, unsigned mask_bit)
{
    int bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;

    buf_add_char(out, (char)(mask_bit | (bytes == 0 ? (unsigned)n : bytes == 2 ? 126U : 127U)));
    for (int i = bytes - 1; i >= 0; i--)
        buf_add_char(out, (char)(n >> (8 * i)));
}

void ws_core_send_bytes(struct ws_core *w, str bytes)
{
    buf_add_str(&w->out, bytes);
    if (w->state == WS_OPEN)
        write_some(w);
}

void ws_core_send_frame(struct ws_core *w, unsigned first_byte, bool masked, str payload)
{
    static const char MASK[4] = {0x37, (char)0xFA, 0x21, 0x3D};
    struct buf *out = &w->out;

    buf_add_char(out, (char)first_byte);
    add_length(out, payload.n, masked ? 0x80 : 0);
    if (!masked) {
        buf_add_str(out, payload);
    } else {
        buf_add(out, MASK, sizeof MASK);
        char *to = buf_reserve(out, payload.n + 1);
        for (size_t i = 0; i < payload.n; i++)
            to[i] = (char)(payload.p[i] ^ MASK[i % 4]);
        out->n += payload.n;
    }
    if (w->state == WS_OPEN)
        write_some(w);
}

void ws_core_send(struct ws_core *w, enum ws_opcode opcode, str payload)
{
    ws_core_send_frame(w, FIN | (unsigned)opcode, true, payload);
}

void ws_core_send_text(struct ws_core *w, str text)
{
    ws_core_send(w, WS_TEXT, text);
}

void ws_core_close(struct ws_core *w, int code)
{
    const char payload[2] = {(char)(code >> 8), (char)code};

    ws_core_send(w, WS_CLOSE, str_from(payload, code ? sizeof payload : 0));
    w->close_sent = true;
}
