/* A conversation in Redis: the commands on it, for the blocking pool and the asynchronous client alike, and what
 * their replies say. Views in the arguments are borrowed until the command was sent; views in the results, as
 * long as the reply lives. The scripts' answers are at the head of each *.lua. */
#ifndef CHATAPP_STORE_CONVERSATION_H
#define CHATAPP_STORE_CONVERSATION_H

#include "base/buf.h"
#include "base/err.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 200
#define PAGE_BYTES_MAX (512 * 1024)       /* of a page of history: fewer records, and `more` */
#define SEQ_MAX INT64_C(9007199254740991) /* 2^53 - 1: exact in every client's JSON, and in Lua */

struct message {
    str user;    /* the sender */
    str id;      /* the client's */
    str content; /* record_add_content() */
    int64_t time_ms;
};

/* `node`: the caller's, which hears of the message from the reply and needs no bell. `id_period_ms`: for at least
 * that long a repeated id is recognised. */
void conversation_append(struct redis_command *c, str conversation, const struct message *message,
                         str node, int64_t id_period_ms);

enum append_result {
    APPEND_STORED,
    APPEND_DUPLICATE,
    APPEND_ID_REUSED,
    APPEND_NOT_FOUND,
    APPEND_BLOCKED,
    APPEND_UNAVAILABLE
};

/* `reply` may be NULL (unavailable). seq and time are set for stored (time 0: the one that was sent) and
 * duplicate (time 0: retention has dropped the record). */
enum append_result conversation_appended(const struct redisReply *reply, int64_t *seq_out,
                                         int64_t *time_out);

/* What one member sees of a conversation. */
struct conversation_view {
    bool direct;
    str name;       /* a room's */
    str peer;       /* a direct one's other user (oneself when alone) */
    str role;       /* the viewer's: owner, admin, member */
    str last;       /* the last record, "" when there is none */
    str last_frame; /* the last frame as JSON, used instead of `last` when there is one */
    int64_t seq;
    int64_t read;
    int64_t muted_until; /* 0: not muted */
    int64_t members;
    int64_t created;
};

/* `node`: registered for the conversation's bells, or STR(""). */
void conversation_view(struct redis_command *c, str conversation, str user, str node);
/* ERR_NOT_FOUND: no such conversation, or not a member. ERR_UNAVAILABLE: `reply` is NULL or nonsense. */
MUST_USE enum err conversation_viewed(const struct redisReply *reply,
                                      struct conversation_view *view_out);
/* {id, kind, name?, members_count, peer?, seq, read, unread, muted_until?, last?} as an object, with `key` or
 * NULL. muted_until only when it is after now_ms. */
void conversation_view_json(struct buf *out, const char *key, str conversation,
                            const struct conversation_view *view, int64_t now_ms);

/* Records seq-limit … seq-1 (before), or seq+1 … seq+limit (after). `user` STR(""): not asking for
 * anybody, so no membership is needed. */
void conversation_page_before(struct redis_command *c, str conversation, str user, int64_t seq,
                              int64_t limit);
void conversation_page_after(struct redis_command *c, str conversation, str user, int64_t seq,
                             int64_t limit);

/* As conversation_page_after(), with less in a page: one record at least, about `bytes` at most. */
void conversation_missed(struct redis_command *c, str conversation, str user, int64_t seq,
                         int64_t limit, int64_t bytes);

struct conversation_page {
    int64_t seq; /* the conversation's last */
    bool more;   /* beyond this page, in the direction asked */
    size_t n;
    size_t first;
    const struct redisReply *reply;
};

MUST_USE enum err conversation_paged(const struct redisReply *reply,
                                     struct conversation_page *page_out);
str conversation_page_record(const struct conversation_page *page, size_t i);
/* Keeps the n records nearest to where the page was asked from (its end for `before`), as PAGE_BYTES_MAX allows. */
void conversation_page_trim(struct conversation_page *page, bool before);
/* The frames as `[…]`, key "messages". ERR_UNAVAILABLE when a record is damaged. */
MUST_USE enum err conversation_page_json(struct buf *out, str conversation,
                                         const struct conversation_page *page);

void conversation_open_direct(struct redis_command *c, str conversation, str user, str peer,
                              int64_t now_ms);
void conversation_create_room(struct redis_command *c, str conversation, str name, str owner,
                              str members, int64_t now_ms);
void conversation_put_member(struct redis_command *c, str conversation, str actor, str user,
                             str role, int64_t now_ms, int64_t members_max);
void conversation_remove_member(struct redis_command *c, str conversation, str actor, str user,
                                int64_t now_ms);
void conversation_rename(struct redis_command *c, str conversation, str actor, str name);
/* `received` or `read` up to seq. */
void conversation_move_marker(struct redis_command *c, str conversation, str user, bool read,
                              int64_t seq);
/* Typing, or not any more; `node` hears of it from the reply. */
void conversation_type(struct redis_command *c, str conversation, str user, str node, bool active);
/* The chat-server holds a member's connection and wants the conversation's bells (nothing happens when there is no such
 * conversation), and holds none any more. */
void conversation_add_node(struct redis_command *c, str conversation, str node);
void conversation_remove_node(struct redis_command *c, str conversation, str node);

/* The user's own side: the list, and the chat-servers where the user is connected. */
void user_join_conversation(struct redis_command *c, str user, str conversation, int64_t now_ms);
/* The same at the wish of `by`; for one whom the user blocks the answer is that there is no such user. */
void user_add_to_conversation(struct redis_command *c, str user, str by, str conversation,
                              int64_t now_ms);
void user_leave_conversation(struct redis_command *c, str user, str conversation);
void user_ring(struct redis_command *c, str user, str bell);
void user_sign_in(struct redis_command *c, str user, str session, str node, int64_t now_ms);
void user_leave_node(struct redis_command *c, str user, str node);
/* Is the session still there? 1 or 0. */
void user_session_exists(struct redis_command *c, str user, str session);

#endif
