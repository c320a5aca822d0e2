/* What the watched are: their parts, what shows of them, and the reads that these come from (watch.h). */
#include "watch_parts.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

/* ---- parts ---- */

static void take_part_out(struct subject *s, uint32_t i)
{
    free(s->parts[i].text);
    s->parts[i] = s->parts[--s->parts_n];
    if (s->parts_n > 0)
        return;
    free(s->parts);
    s->parts = NULL;
}

void parts_drop(struct subject *s)
{
    for (uint32_t i = 0; i < s->parts_n; i++)
        free(s->parts[i].text);
    free(s->parts);
    s->parts = NULL;
    s->parts_n = 0;
}

void parts_forget(struct subject *s)
{
    if (!s->reading)
        parts_drop(s);
    free(s->shown_text);
    s->shown_text = NULL;
    s->shown = STATUS_OFFLINE;
    s->known = false;
    free(s->watchers);
    s->watchers = NULL;
    s->watchers_cap = 0;
}

static void mark(struct watch_book *book, struct subject *s)
{
    if (s->dirty)
        return;
    s->dirty = true;
    s->next_dirty = book->dirty;
    book->dirty = s;
}

static struct part *find_part(const struct subject *s, const struct node *node)
{
    for (uint32_t i = 0; i < s->parts_n; i++)
        if (s->parts[i].node == node)
            return &s->parts[i];
    return NULL;
}

static struct part *part_of(struct subject *s, const struct node *node)
{
    struct part *part = find_part(s, node);

    if (part != NULL)
        return part;
    s->parts = mem_array(s->parts, s->parts_n + 1, sizeof s->parts[0]);
    s->parts[s->parts_n] = (struct part){.node = node, .version = -1};
    return &s->parts[s->parts_n++];
}

static void was_seen(struct subject *s, int64_t seen_ms)
{
    if (seen_ms > s->seen_ms)
        s->seen_ms = seen_ms;
}

static void set_part(struct part *part, const struct part_news *news)
{
    part->version = news->version;
    part->time_ms = news->time_ms;
    part->status = news->status;
    free(part->text);
    part->text = news->text.n > 0 ? mem_dup(news->text.p, news->text.n) : NULL;
}

/* Parts that are over are kept only while a read may bring back what they were before. */
static void drop_ended(struct subject *s)
{
    for (uint32_t i = s->parts_n; i-- > 0;)
        if (s->parts[i].status == STATUS_OFFLINE)
            take_part_out(s, i);
}

void watch_news(struct watch_book *book, struct subject *s, const struct part_news *news)
{
    if (s->watchers_n == 0 && !s->reading)
        return;
    struct part *part = part_of(s, news->node);
    if (news->version > part->version) {
        set_part(part, news);
        if (news->status == STATUS_OFFLINE)
            was_seen(s, news->time_ms);
        mark(book, s);
    }
    part->heard = ++book->clock;
    if (!s->reading)
        drop_ended(s);
}

void watch_node_died(struct watch_book *book, const struct node *node, int64_t seen_ms)
{
    struct subject *s;
    size_t at = 0;

    while ((s = map_next(&book->subjects, &at)) != NULL) {
        struct part *part = find_part(s, node);
        if (part == NULL)
            continue;
        if (part->status != STATUS_OFFLINE)
            was_seen(s, seen_ms);
        take_part_out(s, (uint32_t)(part - s->parts));
        mark(book, s);
    }
}

/* ---- what shows ---- */

static const struct part *best_part(const struct subject *s)
{
    const struct part *best = NULL;

    for (uint32_t i = 0; i < s->parts_n; i++) {
        const struct part *part = &s->parts[i];
        if (part->status == STATUS_OFFLINE)
            continue;
        if (best == NULL || part->status > best->status ||
            (part->status == best->status && part->time_ms > best->time_ms))
            best = part;
    }
    return best;
}

static bool same_text(const char *a, const char *b)
{
    return str_eq(str_of(a), str_of(b));
}

/* True: it is not what was shown before. */
static bool show(struct subject *s)
{
    const struct part *best = best_part(s);
    enum status status = best != NULL ? best->status : STATUS_OFFLINE;
    const char *text = best != NULL ? best->text : NULL;

    if (status == s->shown && same_text(text, s->shown_text))
        return false;
    s->shown = status;
    free(s->shown_text);
    s->shown_text = text != NULL ? mem_dup(text, strlen(text)) : NULL;
    return true;
}

/* ---- reads ---- */

void watch_read_begins(struct watch_book *book, struct subject *s)
{
    CHECK(!s->reading);
    s->reading = true;
    s->read_began = ++book->clock;
    for (uint32_t i = 0; i < s->parts_n; i++)
        s->parts[i].confirmed = false;
}

void watch_read_part(struct watch_book *book, struct subject *s, const struct part_news *news)
{
    struct part *part = part_of(s, news->node);

    if (news->version > part->version) {
        set_part(part, news);
        mark(book, s);
    }
    part->confirmed = true;
}

static void ends(struct subject *s)
{
    s->reading = false;
    drop_ended(s);
    if (s->watchers_n == 0)
        parts_forget(s);
}

static void became_known(struct subject *s)
{
    s->known = true;
    (void)show(s);
    for (uint32_t i = 0; i < s->watchers_n; i++)
        s->watchers[i].observer->unknown--;
}

bool watch_read_ends(struct watch_book *book, struct subject *s, const struct node *self,
                     int64_t seen_ms)
{
    for (uint32_t i = s->parts_n; i-- > 0;) {
        const struct part *part = &s->parts[i];
        if (part->confirmed || part->node == self || part->heard > s->read_began)
            continue;
        take_part_out(s, i);
        mark(book, s);
    }
    was_seen(s, seen_ms);
    ends(s);
    if (s->known || s->watchers_n == 0)
        return false;
    became_known(s);
    return true;
}

void watch_read_fails(struct subject *s)
{
    ends(s);
}

/* ---- telling ---- */

void watch_flush(struct watch_book *book, void (*changed)(void *context, struct subject *subject),
                 void *context)
{
    while (book->dirty != NULL) {
        struct subject *s = book->dirty;
        book->dirty = s->next_dirty;
        s->dirty = false;
        if (s->known && show(s))
            changed(context, s);
    }
}
