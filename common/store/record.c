#include "store/record.h"

#include "base/decimal.h"
#include "json/json_out.h"

enum err record_parse(str text, struct record *record_out)
{
    struct record r = {0};
    size_t i = 1;

    if (text.n < 3 || (text.p[0] != RECORD_MESSAGE && text.p[0] != RECORD_MEMBER))
        return ERR_INVALID;
    r.kind = text.p[0];
    while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
        i++;
    if (!str_to_i64(str_from(text.p + 1, i - 1), &r.seq) || r.seq < 1)
        return ERR_INVALID;
    r.tail = str_skip(text, i);
    if (r.tail.n < 2 || r.tail.p[0] != ',' || r.tail.p[r.tail.n - 1] != '}')
        return ERR_INVALID;
    *record_out = r;
    return OK;
}

void record_add_frame(struct buf *out, str conversation, const struct record *record)
{
    buf_add_str(out, record->kind == RECORD_MESSAGE
                         ? STR("{\"type\":\"message\",\"conversation\":\"")
                         : STR("{\"type\":\"member\",\"conversation\":\""));
    buf_add_str(out, conversation);
    buf_add_str(out, STR("\",\"seq\":"));
    buf_add_i64(out, record->seq);
    buf_add_str(out, record->tail);
}

static void add_member(struct buf *out, str prefix, str json)
{
    if (str_is_none(json))
        return;
    buf_add_str(out, prefix);
    buf_add_str(out, json);
}

void record_add_content(struct buf *out, str text, str data, str reply_to)
{
    add_member(out, STR(",\"text\":"), text);
    add_member(out, STR(",\"data\":"), data);
    add_member(out, STR(",\"reply_to\":"), reply_to);
    buf_add_char(out, '}');
}

void record_add_message_tail(struct buf *out, str id, str from, int64_t time_ms, str content)
{
    buf_add_str(out, STR(",\"id\":\""));
    buf_add_str(out, id);
    buf_add_str(out, STR("\",\"from\":\""));
    buf_add_str(out, from);
    buf_add_str(out, STR("\",\"time\":"));
    buf_add_i64(out, time_ms);
    buf_add_str(out, content);
}

/* The text after `name` up to the next quote. Tails are written by us, and what clients sent stands last, so
 * the first occurrence is ours. */
static bool quoted_after(str tail, str name, str *value_out)
{
    const char *at = memmem(tail.p, tail.n, name.p, name.n);
    if (at == NULL)
        return false;
    str rest = str_skip(tail, (size_t)(at - tail.p) + name.n);
    const char *end = memchr(rest.p, '"', rest.n);
    if (end == NULL)
        return false;
    *value_out = str_from(rest.p, (size_t)(end - rest.p));
    return true;
}

bool record_member_event(const struct record *record, str *action_out, str *user_out)
{
    return record->kind == RECORD_MEMBER &&
           quoted_after(record->tail, STR(",\"action\":\""), action_out) &&
           quoted_after(record->tail, STR(",\"user\":\""), user_out);
}

int64_t record_time(const struct record *record)
{
    static const char NAME[] = "\"time\":";
    const char *at = memmem(record->tail.p, record->tail.n, NAME, sizeof NAME - 1);
    int64_t time = 0;

    if (at == NULL)
        return 0;
    for (at += sizeof NAME - 1; *at >= '0' && *at <= '9'; at++)
        time = time * 10 + (*at - '0');
    return time;
}
