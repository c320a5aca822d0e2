#include "ws/frame.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define FIN 0x80
#define OPCODE_TEXT 0x1
#define OPCODE_CLOSE 0x8
#define OPCODE_PING 0x9
#define LENGTH_16 126 /* the 7-bit length that says: two bytes follow */
#define LENGTH_64 127

#define HEADER_SHORT 2
#define HEADER_16 4
#define HEADER_64 10
#define CLOSE_REASON_MAX 123 /* control frames carry at most 125 bytes */

static size_t header_size(size_t n)
{
    if (n < LENGTH_16)
        return HEADER_SHORT;
    return n <= UINT16_MAX ? HEADER_16 : HEADER_64;
}

static struct frame *frame_make(unsigned char opcode, str payload)
{
    size_t header = header_size(payload.n);
    CHECK(payload.n < UINT32_MAX - HEADER_64);
    struct frame *f = mem_alloc(sizeof *f + header + payload.n);

    f->refs = 1;
    f->n = (uint32_t)(header + payload.n);
    f->bytes[0] = FIN | opcode;
    if (header == HEADER_SHORT) {
        f->bytes[1] = (unsigned char)payload.n;
    } else {
        f->bytes[1] = header == HEADER_16 ? LENGTH_16 : LENGTH_64;
        for (size_t i = header, left = payload.n; i > 2; i--, left >>= 8)
            f->bytes[i - 1] = (unsigned char)left;
    }
    if (payload.n > 0)
        memcpy(f->bytes + header, payload.p, payload.n);
    return f;
}

struct frame *frame_text(str payload)
{
    return frame_make(OPCODE_TEXT, payload);
}

struct frame *frame_ping(void)
{
    return frame_make(OPCODE_PING, STR("p"));
}

struct frame *frame_close(unsigned code, const char *reason)
{
    char payload[2 + CLOSE_REASON_MAX];
    str text = str_of(reason);

    CHECK(text.n <= CLOSE_REASON_MAX);
    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    memcpy(payload + 2, text.p, text.n);
    return frame_make(OPCODE_CLOSE, str_from(payload, 2 + text.n));
}

struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

void frame_unref(struct frame *frame)
{
    CHECK(frame->refs > 0);
    if (--frame->refs == 0)
        free(frame);
}

str frame_payload(const struct frame *frame)
{
    unsigned char length = frame->bytes[1];
    size_t header = length < LENGTH_16 ? HEADER_SHORT : length == LENGTH_16 ? HEADER_16 : HEADER_64;
    return str_from((const char *)frame->bytes + header, frame->n - header);
}
