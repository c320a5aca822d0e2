#include "store/look.h"

#include "base/ids.h"
#include "store/keys.h"
#include "store/scripts.h"

void look(struct redis_command *c, str conversation, int64_t delay_ms, int64_t members, str cursor,
          int64_t old_seq)
{
    redis_command_script(c, &SCRIPT_look);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MEMBERS);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_LOG);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MUTE);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PUSHED);
    redis_add_int(c, delay_ms);
    redis_add_int(c, members);
    redis_add(c, cursor);
    redis_add_int(c, old_seq);
}

enum {
    PAGE_WORD,
    PAGE_NOW,
    PAGE_NEXT,
    PAGE_CURSOR,
    PAGE_OLD,
    PAGE_SEQ,
    PAGE_KIND,
    PAGE_NAME,
    PAGE_MUTED,
    PAGE_BLOCKED,
    PAGE_RECORDS,
    PAGE_MEMBERS,
    PAGE_PARTS
};
#define MEMBER_PARTS 3

enum err look_page(const struct redisReply *reply, struct look_page *page_out)
{
    str word = reply_word(reply);

    if (str_eq(word, STR("not_found")))
        return ERR_NOT_FOUND;
    if (!str_eq(word, STR("ok")) || reply_count(reply) < PAGE_PARTS)
        return ERR_UNAVAILABLE;
    *page_out = (struct look_page){
        .now_ms = reply_int(reply_at(reply, PAGE_NOW)),
        .next_ms = reply_int(reply_at(reply, PAGE_NEXT)),
        .cursor = reply_str(reply_at(reply, PAGE_CURSOR)),
        .old_seq = reply_int(reply_at(reply, PAGE_OLD)),
        .seq = reply_int(reply_at(reply, PAGE_SEQ)),
        .direct = str_eq(reply_str(reply_at(reply, PAGE_KIND)), STR("direct")),
        .name = reply_str(reply_at(reply, PAGE_NAME)),
        .muted = reply_int(reply_at(reply, PAGE_MUTED)),
        .blocked = reply_int(reply_at(reply, PAGE_BLOCKED)),
        .n_records = reply_count(reply_at(reply, PAGE_RECORDS)),
        .n_members = reply_count(reply_at(reply, PAGE_MEMBERS)) / MEMBER_PARTS,
        .reply = reply,
    };
    return OK;
}

str look_record(const struct look_page *page, size_t i)
{
    return reply_str(reply_at(reply_at(page->reply, PAGE_RECORDS), i));
}

struct look_member look_member(const struct look_page *page, size_t i)
{
    const struct redisReply *all = reply_at(page->reply, PAGE_MEMBERS);

    return (struct look_member){
        .user = reply_str(reply_at(all, MEMBER_PARTS * i)),
        .unread = reply_int(reply_at(all, MEMBER_PARTS * i + 1)),
        .seen = reply_int(reply_at(all, MEMBER_PARTS * i + 2)),
    };
}

void look_settled(struct redis_command *c, str conversation, int64_t seq, str users)
{
    redis_command_script(c, &SCRIPT_look_settled);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PUSHED);
    redis_add_int(c, seq);
    redis_add(c, users);
}

void look_again(struct redis_command *c, str conversation, str user, int64_t seq)
{
    redis_command_script(c, &SCRIPT_look_again);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_PLAIN);
    redis_add_key(c, KEY_CONVERSATION, conversation, KEY_MUTE);
    redis_add(c, user);
    redis_add_int(c, seq);
}

void push_origin_write(struct buf *out, const struct push_origin *origin)
{
    buf_add_str(out, origin->conversation);
    buf_add_char(out, ' ');
    buf_add_i64(out, origin->seq);
    buf_add_char(out, ' ');
    buf_add_str(out, origin->sender);
}

bool push_origin_read(str text, struct push_origin *origin_out)
{
    struct push_origin origin;
    str seq;

    if (!str_split(&text, ' ', &origin.conversation) || !str_split(&text, ' ', &seq) ||
        !str_split(&text, ' ', &origin.sender) || !conversation_id_is_valid(origin.conversation) ||
        !str_to_i64(seq, &origin.seq) || !str_is_none(text))
        return false;
    *origin_out = origin;
    return true;
}
