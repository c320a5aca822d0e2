#include "store/conversation.h"

#include <stdio.h>

#include "store/keys.h"
#include "store/record.h"
#include "store/scripts.h"
#include "store/session.h"
#include "json/json_out.h"

/* ---- commands ---- */

static void add_keys(struct redis_command *c, const char *prefix, str tag,
                     const char *const *suffixes)
{
    for (; *suffixes; suffixes++)
        redis_add_key(c, prefix, tag, *suffixes);
}

#define CONVERSATION_KEYS(c, id, ...)                                                              \
    add_keys(c, KEY_CONVERSATION, id, (const char *const[]){__VA_ARGS__, NULL})
#define USER_KEYS(c, name, ...)                                                                    \
    add_keys(c, KEY_USER, name, (const char *const[]){__VA_ARGS__, NULL})

void conversation_append(struct redis_command *c, str conversation, const struct message *message,
                         str node, int64_t id_period_ms)
{
    redis_command_script(c, &SCRIPT_append);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_LOG, KEY_IDS);
    redis_add(c, message->user);
    redis_add(c, message->id);
    redis_add_int(c, message->time_ms);
    redis_add(c, message->content);
    redis_add(c, node);
    redis_add_int(c, message->time_ms / id_period_ms);
    redis_add_int(c, id_period_ms);
}

void conversation_view(struct redis_command *c, str conversation, str user, str node)
{
    redis_command_script(c, &SCRIPT_view);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_MEMBERS, KEY_LOG, KEY_MUTE);
    redis_add(c, user);
    redis_add(c, node);
}

static void page(struct redis_command *c, str conversation, str user, str direction, int64_t seq,
                 int64_t limit, int64_t bytes)
{
    redis_command_script(c, &SCRIPT_page);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_LOG);
    redis_add(c, user);
    redis_add(c, direction);
    redis_add_int(c, seq);
    redis_add_int(c, limit);
    redis_add_int(c, bytes);
}

void conversation_page_before(struct redis_command *c, str conversation, str user, int64_t seq,
                              int64_t limit)
{
    page(c, conversation, user, STR("before"), seq, limit, PAGE_BYTES_MAX);
}

void conversation_page_after(struct redis_command *c, str conversation, str user, int64_t seq,
                             int64_t limit)
{
    page(c, conversation, user, STR("after"), seq, limit, PAGE_BYTES_MAX);
}

void conversation_missed(struct redis_command *c, str conversation, str user, int64_t seq,
                         int64_t limit, int64_t bytes)
{
    page(c, conversation, user, STR("after"), seq, limit, bytes);
}

void conversation_open_direct(struct redis_command *c, str conversation, str user, str peer,
                              int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_direct_open);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_MEMBERS);
    redis_add(c, user);
    redis_add(c, peer);
    redis_add_int(c, now_ms);
}

void conversation_create_room(struct redis_command *c, str conversation, str name, str owner,
                              str members, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_room_create);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_MEMBERS, KEY_LOG);
    redis_add(c, name);
    redis_add(c, owner);
    redis_add_int(c, now_ms);
    redis_add(c, members);
}

void conversation_put_member(struct redis_command *c, str conversation, str actor, str user,
                             str role, int64_t now_ms, int64_t members_max)
{
    redis_command_script(c, &SCRIPT_member_put);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_MEMBERS, KEY_LOG);
    redis_add(c, actor);
    redis_add(c, user);
    redis_add(c, role);
    redis_add_int(c, now_ms);
    redis_add_int(c, members_max);
}

void conversation_remove_member(struct redis_command *c, str conversation, str actor, str user,
                                int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_member_remove);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_MEMBERS, KEY_LOG, KEY_MUTE, KEY_PUSHED);
    redis_add(c, actor);
    redis_add(c, user);
    redis_add_int(c, now_ms);
}

void conversation_rename(struct redis_command *c, str conversation, str actor, str name)
{
    redis_command_script(c, &SCRIPT_room_rename);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN, KEY_MEMBERS);
    redis_add(c, actor);
    redis_add(c, name);
}

void conversation_move_marker(struct redis_command *c, str conversation, str user, bool read,
                              int64_t seq)
{
    redis_command_script(c, &SCRIPT_marker);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN);
    redis_add(c, user);
    redis_add(c, read ? STR("read") : STR("received"));
    redis_add_int(c, seq);
}

void conversation_type(struct redis_command *c, str conversation, str user, str node, bool active)
{
    redis_command_script(c, &SCRIPT_typing);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN);
    redis_add(c, user);
    redis_add(c, node);
    redis_add(c, active ? STR("1") : STR("0"));
}

void conversation_add_node(struct redis_command *c, str conversation, str node)
{
    redis_command_script(c, &SCRIPT_node_add);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN);
    redis_add(c, node);
}

void conversation_remove_node(struct redis_command *c, str conversation, str node)
{
    redis_command_script(c, &SCRIPT_node_remove);
    CONVERSATION_KEYS(c, conversation, KEY_PLAIN);
    redis_add(c, node);
}

void user_join_conversation(struct redis_command *c, str user, str conversation, int64_t now_ms)
{
    user_add_to_conversation(c, user, STR(""), conversation, now_ms);
}

void user_add_to_conversation(struct redis_command *c, str user, str by, str conversation,
                              int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_user_join);
    USER_KEYS(c, user, KEY_PLAIN, KEY_CONVERSATIONS, KEY_CONTACTS);
    redis_add(c, conversation);
    redis_add_int(c, now_ms);
    redis_add(c, by);
}

void user_leave_conversation(struct redis_command *c, str user, str conversation)
{
    redis_command_init(c, "ZREM");
    redis_add_key(c, KEY_USER, user, KEY_CONVERSATIONS);
    redis_add(c, conversation);
}

void user_ring(struct redis_command *c, str user, str bell)
{
    redis_command_script(c, &SCRIPT_user_ring);
    redis_add_key(c, KEY_USER, user, KEY_NODES);
    redis_add(c, bell);
}

void user_sign_in(struct redis_command *c, str user, str session, str node, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_sign_in);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    session_add_key(c, user, session);
    USER_KEYS(c, user, KEY_CONVERSATIONS, KEY_NODES);
    redis_add(c, node);
    redis_add_int(c, now_ms);
}

void user_session_exists(struct redis_command *c, str user, str session)
{
    redis_command_init(c, "EXISTS");
    session_add_key(c, user, session);
}

void user_leave_node(struct redis_command *c, str user, str node)
{
    redis_command_init(c, "SREM");
    redis_add_key(c, KEY_USER, user, KEY_NODES);
    redis_add(c, node);
}

/* ---- replies ---- */

enum append_result conversation_appended(const struct redisReply *reply, int64_t *seq_out,
                                         int64_t *time_out)
{
    *time_out = 0;
    if (reply_is_int(reply)) {
        *seq_out = reply_int(reply);
        return APPEND_STORED;
    }
    str word = reply_word(reply);
    if (str_eq(word, STR("duplicate"))) {
        *seq_out = reply_int(reply_at(reply, 1));
        *time_out = reply_int(reply_at(reply, 2));
        return APPEND_DUPLICATE;
    }
    if (str_eq(word, STR("id_reused")))
        return APPEND_ID_REUSED;
    if (str_eq(word, STR("blocked")))
        return APPEND_BLOCKED;
    return str_eq(word, STR("not_found")) ? APPEND_NOT_FOUND : APPEND_UNAVAILABLE;
}

static enum err checked(const struct redisReply *reply, size_t elements)
{
    str word = reply_word(reply);
    if (str_eq(word, STR("not_found")))
        return ERR_NOT_FOUND;
    return str_eq(word, STR("ok")) && reply_count(reply) >= elements ? OK : ERR_UNAVAILABLE;
}

enum {
    VIEW_KIND = 1,
    VIEW_NAME,
    VIEW_SEQ,
    VIEW_READ,
    VIEW_MUTED,
    VIEW_MEMBERS,
    VIEW_PEER,
    VIEW_LAST,
    VIEW_ROLE,
    VIEW_CREATED,
    VIEW_N
};

enum err conversation_viewed(const struct redisReply *reply, struct conversation_view *view_out)
{
    enum err err = checked(reply, VIEW_N);
    if (err != OK)
        return err;
    *view_out = (struct conversation_view){
        .direct = str_eq(reply_str(reply_at(reply, VIEW_KIND)), STR("direct")),
        .name = reply_str(reply_at(reply, VIEW_NAME)),
        .peer = reply_str(reply_at(reply, VIEW_PEER)),
        .role = reply_str(reply_at(reply, VIEW_ROLE)),
        .last = reply_str(reply_at(reply, VIEW_LAST)),
        .seq = reply_int(reply_at(reply, VIEW_SEQ)),
        .read = reply_int(reply_at(reply, VIEW_READ)),
        .muted_until = reply_int(reply_at(reply, VIEW_MUTED)),
        .members = reply_int(reply_at(reply, VIEW_MEMBERS)),
        .created = reply_int(reply_at(reply, VIEW_CREATED)),
    };
    return OK;
}

void conversation_view_json(struct buf *out, const char *key, str conversation,
                            const struct conversation_view *view, int64_t now_ms)
{
    struct record last;

    json_open(out, key, '{');
    json_put_str(out, "id", conversation);
    json_put_str(out, "kind", view->direct ? STR("direct") : STR("room"));
    if (!view->direct)
        json_put_str(out, "name", view->name);
    json_put_int(out, "members_count", view->members);
    if (view->direct)
        json_put_str(out, "peer", view->peer);
    json_put_int(out, "seq", view->seq);
    json_put_int(out, "read", view->read);
    json_put_int(out, "unread", view->seq > view->read ? view->seq - view->read : 0);
    if (view->muted_until > now_ms)
        json_put_int(out, "muted_until", view->muted_until);
    if (view->last_frame.n > 0) {
        json_put_raw(out, "last", view->last_frame);
    } else if (view->last.n > 0 && record_parse(view->last, &last) == OK) {
        json_put_raw(out, "last", STR(""));
        record_add_frame(out, conversation, &last);
    }
    json_close(out, '}');
}

enum { PAGE_SEQ = 1, PAGE_MORE, PAGE_FIRST };

enum err conversation_paged(const struct redisReply *reply, struct conversation_page *page_out)
{
    enum err err = checked(reply, PAGE_FIRST);
    if (err != OK)
        return err;
    *page_out = (struct conversation_page){
        .seq = reply_int(reply_at(reply, PAGE_SEQ)),
        .more = reply_int(reply_at(reply, PAGE_MORE)) != 0,
        .n = reply_count(reply) - PAGE_FIRST,
        .first = PAGE_FIRST,
        .reply = reply,
    };
    return OK;
}

str conversation_page_record(const struct conversation_page *page, size_t i)
{
    return reply_str(reply_at(page->reply, page->first + i));
}

void conversation_page_trim(struct conversation_page *page, bool before)
{
    size_t bytes = 0;
    size_t kept = 0;

    while (kept < page->n) {
        bytes += conversation_page_record(page, before ? page->n - 1 - kept : kept).n;
        if (bytes > PAGE_BYTES_MAX && kept > 0)
            break;
        kept++;
    }
    if (kept == page->n)
        return;
    if (before)
        page->first += page->n - kept;
    page->n = kept;
    page->more = true;
}

enum err conversation_page_json(struct buf *out, str conversation,
                                const struct conversation_page *page)
{
    struct record record;

    json_open(out, "messages", '[');
    for (size_t i = 0; i < page->n; i++) {
        if (record_parse(conversation_page_record(page, i), &record) != OK)
            return ERR_UNAVAILABLE;
        if (i > 0)
            buf_add_char(out, ',');
        record_add_frame(out, conversation, &record);
    }
    json_close(out, ']');
    return OK;
}
