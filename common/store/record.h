/* A record: what the log of a conversation keeps for each seq, and how it becomes a frame.
 *
 *     record   m7,"id":"a1","from":"alice","time":1790000000000,"text":"hi"}
 *     frame    {"type":"message","conversation":"r…","seq":7,"id":"a1","from":"alice",…,"text":"hi"}
 *
 * The first byte is the kind, then the seq in decimal, then the frame's tail, which begins with a comma. Each
 * record names its own seq, so that a reader can prove that what it got is whole and in order. The sender's text
 * and data are kept as the very bytes that were sent (checked, of course). Pure. */
#ifndef CHATAPP_STORE_RECORD_H
#define CHATAPP_STORE_RECORD_H

#include "base/buf.h"
#include "base/err.h"

#define RECORD_MESSAGE 'm'
#define RECORD_MEMBER 'e'

struct record {
    char kind;
    int64_t seq;
    str tail;
};

/* Borrows from `text`. ERR_INVALID: the store holds something that is not a record. */
MUST_USE enum err record_parse(str text, struct record *record_out);

/* Appends the frame. */
void record_add_frame(struct buf *out, str conversation, const struct record *record);

/* The part of a message's tail that the script cannot change: text, data and reply_to as JSON (STR_NONE: left
 * out), and the closing brace: `,"text":"hi"}`. Two sends with equal content are the same message. */
void record_add_content(struct buf *out, str text, str data, str reply_to);
/* The whole tail, as append.lua builds it. */
void record_add_message_tail(struct buf *out, str id, str from, int64_t time_ms, str content);

/* The user that a member record is about, what happened (STR views into it), or false. */
bool record_member_event(const struct record *record, str *action_out, str *user_out);
/* The time in the tail, 0 when there is none. */
int64_t record_time(const struct record *record);

#endif
