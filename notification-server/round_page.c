#include "round_page.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/record.h"
#include "json/json_escape.h"
#include "json/json_scan.h"

static bool copy_name(struct username *to, str name)
{
    if (name.n == 0 || name.n > USERNAME_MAX)
        return false;
    *to = (struct username){0};
    memcpy(to->text, name.p, name.n);
    return true;
}

/* `raw`: a JSON string with its quotes. */
static void unescape(struct buf *out, str raw)
{
    str inner = str_from(raw.p + 1, raw.n - 2);

    out->n += json_unescape(inner, buf_reserve(out, inner.n + 1));
}

static bool read_message(str json, struct page_record *r)
{
    struct json_object object;
    str from;

    if (json_scan_object(json, &object) != OK)
        return false;
    const struct json_member *sender = json_find(&object, "from");
    const struct json_member *text = json_find(&object, "text");
    if (sender == NULL || !json_plain_string(sender, &from) || !copy_name(&r->from, from))
        return false;
    r->has_text = text != NULL && text->kind == JSON_KIND_STRING;
    if (r->has_text)
        unescape(&r->text, text->raw);
    return true;
}

static bool fill_record(struct page_record *r, str text)
{
    struct record record;
    struct buf json = {0};

    if (record_parse(text, &record) != OK || record.kind != RECORD_MESSAGE)
        return false;
    r->seq = record.seq;
    buf_add_char(&json, '{');
    buf_add_str(&json, str_skip(record.tail, 1)); /* without the comma */
    bool good = read_message(buf_view(&json), r);
    buf_fini(&json);
    return good;
}

static void fill_records(struct round_page *page, const struct look_page *from, struct round *round)
{
    for (size_t i = 0; i < from->n_records && page->n_records < LOOK_RECORDS_MAX; i++) {
        struct page_record *r = &page->records[page->n_records];
        *r = (struct page_record){.round = round};
        if (fill_record(r, look_record(from, i)))
            page->n_records++;
        else
            buf_fini(&r->text);
    }
}

void round_page_fill(struct round_page *page, const struct look_page *from, struct round *round)
{
    page->seq = from->seq;
    page->direct = from->direct;
    buf_add_str(&page->name, from->name);
    fill_records(page, from, round);
    page->members = mem_array(NULL, from->n_members + 1, sizeof *page->members);
    for (size_t i = 0; i < from->n_members; i++) {
        struct look_member m = look_member(from, i);
        struct page_member *to = &page->members[page->n_members];
        *to = (struct page_member){.round = round, .unread = m.unread, .seen = m.seen};
        if (copy_name(&to->user, m.user))
            page->n_members++;
    }
}

void round_page_clear(struct round_page *page)
{
    for (size_t i = 0; i < page->n_records; i++) {
        buf_fini(&page->records[i].name);
        buf_fini(&page->records[i].text);
    }
    free(page->members);
    buf_fini(&page->name);
    *page = (struct round_page){0};
}

const struct page_record *round_page_news(const struct round_page *page,
                                          const struct page_member *member)
{
    for (size_t i = 0; i < page->n_records; i++)
        if (page->records[i].seq > member->seen && (member->blocked & 1U << i) == 0)
            return &page->records[i];
    return NULL;
}

void round_page_settled(const struct round_page *page, struct buf *names)
{
    for (size_t i = 0; i < page->n_members; i++) {
        if (!page->members[i].settled)
            continue;
        if (names->n > 0)
            buf_add_char(names, ' ');
        buf_add_str(names, username_view(&page->members[i].user));
    }
}
