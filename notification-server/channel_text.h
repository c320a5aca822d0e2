/* Texts cut to what the other end takes, never within a character. Pure; texts are valid UTF-8. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_TEXT_H
#define CHATAPP_NOTIFICATION_CHANNEL_TEXT_H

#include "base/buf.h"
#include "channel.h"

#define CHANNEL_TITLE_MAX 256 /* bytes of a title that goes to a phone */

/* Appends `text`, at most `max` bytes of it; a text that was cut ends in "…", which counts. */
void text_add_cut(struct buf *out, str text, size_t max);
/* The same, and `max` counts UTF-16 code units, as JavaScript and Telegram count characters. */
void text_add_cut_utf16(struct buf *out, str text, size_t max);
/* The same, and `max` counts the bytes that it will take within a JSON string. */
void text_add_cut_json(struct buf *out, str text, size_t max);

/* The notification as plain text: the title on a line of its own, unless there is none, and the body. */
void text_add_plain(struct buf *out, const struct notification *notification);

/* "low", "normal" or "high". */
str priority_word(enum priority priority);

/* "2026-11-28T07:36:21.000Z" (RFC 3339). */
void text_add_time(struct buf *out, int64_t time_ms);

/* What stands for `collapse` with others: 32 characters of base64url that say nothing about it (a hash with the
 * device). */
void text_add_collapse(struct buf *out, const struct notification *notification,
                       const struct device *device);

/* A JSON payload of at most `max` bytes. `write` appends it, and is called with less and less: all there is; the body cut;
 * no data. `truncated` is to be told to the receiver, who can ask for the rest. ERR_TOO_BIG: too much even so. */
struct payload_part {
    str body;
    str data; /* a JSON object, or STR_NONE */
    bool truncated;
};
typedef void payload_fn(const struct channel_input *input, const struct payload_part *part,
                        struct buf *out);
/* What an app needs beside the texts: "id", "event"?, "data"?, "truncated"?. */
void payload_put_rest(struct buf *out, const struct notification *notification,
                      const struct payload_part *part);
MUST_USE enum err payload_fit(payload_fn *write, const struct channel_input *input, size_t max,
                              struct buf *out);

#endif
