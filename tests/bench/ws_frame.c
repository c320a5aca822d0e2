#include "ws_frame.h"

#define FINAL 0x80
#define MASKED 0x80
#define LENGTH_16 126
#define LENGTH_64 127
#define MASK_N 4

/* RFC 6455 wants it unpredictable, against proxies that scripts could fool; here there are neither. */
static const unsigned char MASK[MASK_N] = {0x37, 0xfa, 0x21, 0x3d};

static void apply_mask(char *to, const char *from, size_t n, const unsigned char mask[MASK_N])
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(from[i] ^ mask[i % MASK_N]);
}

static void add_big_endian(struct buf *out, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        buf_add_char(out, (char)(value >> (8 * i)));
}

void ws_frame_add(struct buf *out, enum ws_opcode opcode, str payload)
{
    buf_add_char(out, (char)(FINAL | opcode));
    if (payload.n < LENGTH_16) {
        buf_add_char(out, (char)(MASKED | payload.n));
    } else if (payload.n <= UINT16_MAX) {
        buf_add_char(out, (char)(MASKED | LENGTH_16));
        add_big_endian(out, payload.n, 2);
    } else {
        buf_add_char(out, (char)(MASKED | LENGTH_64));
        add_big_endian(out, payload.n, 8);
    }
    buf_add(out, MASK, MASK_N);
    apply_mask(buf_reserve(out, payload.n), payload.p, payload.n, MASK);
    out->n += payload.n;
}

static uint64_t big_endian(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

size_t ws_frame_next(char *bytes, size_t n, struct ws_frame *frame_out)
{
    if (n < 2)
        return 0;
    unsigned first = (unsigned char)bytes[0];
    unsigned second = (unsigned char)bytes[1];
    size_t mask_n = second & MASKED ? MASK_N : 0;
    uint64_t length = second & ~MASKED & 0xff;
    size_t extended = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    size_t head = 2 + extended + mask_n;
    if (n < head)
        return 0;
    if (extended)
        length = big_endian(bytes + 2, extended);
    if (n - head < length)
        return 0;
    if (mask_n)
        apply_mask(bytes + head, bytes + head, length,
                   (const unsigned char *)(bytes + head - MASK_N));
    *frame_out =
        (struct ws_frame){first & FINAL, (int)(first & 0x0f), str_from(bytes + head, length)};
    return head + length;
}
