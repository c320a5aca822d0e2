/* Who watches whom; what they are is in watch_parts.c. */
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "store/contact.h"
#include "watch_parts.h"

/* ---- subjects ---- */

struct subject *watch_subject(const struct watch_book *book, str name)
{
    return map_get(&book->subjects, name);
}

struct subject *watch_hold(struct watch_book *book, str name)
{
    struct subject *s = watch_subject(book, name);

    if (s == NULL) {
        CHECK(name.n <= USERNAME_MAX);
        s = mem_zalloc(sizeof *s);
        memcpy(s->name.text, name.p, name.n);
        map_put(&book->subjects, username_view(&s->name), s);
    }
    s->holds++;
    return s;
}

static void subject_free(struct subject *s)
{
    parts_drop(s);
    free(s->shown_text);
    free(s->watchers);
    free(s);
}

static void out_of_dirty(struct watch_book *book, const struct subject *s)
{
    struct subject **at = &book->dirty;

    while (*at != s)
        at = &(*at)->next_dirty;
    *at = s->next_dirty;
}

void watch_release(struct watch_book *book, struct subject *s)
{
    CHECK(s->holds > 0);
    if (--s->holds > 0)
        return;
    CHECK(s->watchers_n == 0);
    if (s->dirty)
        out_of_dirty(book, s);
    map_remove(&book->subjects, username_view(&s->name));
    subject_free(s);
}

void watch_fini(struct watch_book *book)
{
    struct subject *s;
    size_t at = 0;

    while ((s = map_next(&book->subjects, &at)) != NULL)
        subject_free(s);
    map_fini(&book->subjects);
}

/* ---- observers ---- */

bool watch_is_watched(const struct contact *contact)
{
    return contact_is_visible(contact->mask);
}

struct contact *watch_find(const struct observer *o, const struct subject *s)
{
    for (uint32_t i = 0; i < o->n; i++)
        if (o->contacts[i].subject == s)
            return &o->contacts[i];
    return NULL;
}

static void begin_to_watch(struct watch_book *book, struct observer *o, struct contact *c)
{
    struct subject *s = c->subject;

    if (s->watchers_n == s->watchers_cap) {
        s->watchers_cap = s->watchers_cap ? s->watchers_cap * 2 : 2;
        s->watchers = mem_array(s->watchers, s->watchers_cap, sizeof s->watchers[0]);
    }
    c->at = s->watchers_n;
    s->watchers[s->watchers_n++] = (struct watcher){o, (uint32_t)(c - o->contacts)};
    book->watches++;
    o->unknown += !s->known;
}

static void end_to_watch(struct watch_book *book, struct observer *o, struct contact *c)
{
    struct subject *s = c->subject;
    struct watcher last = s->watchers[--s->watchers_n];

    s->watchers[c->at] = last;
    last.observer->contacts[last.at].at = c->at;
    book->watches--;
    o->unknown -= !s->known;
    c->owed = false;
    if (s->watchers_n == 0)
        parts_forget(s);
}

static struct contact *add(struct watch_book *book, struct observer *o, struct subject *s)
{
    if (o->n == o->cap) {
        o->cap = o->cap ? o->cap + o->cap / 2 + 1 : 4;
        o->contacts = mem_array(o->contacts, o->cap, sizeof o->contacts[0]);
    }
    o->contacts[o->n] = (struct contact){.subject = watch_hold(book, username_view(&s->name))};
    return &o->contacts[o->n++];
}

static void take_out(struct watch_book *book, struct observer *o, struct contact *c)
{
    struct subject *s = c->subject;
    struct contact *last = &o->contacts[--o->n];

    if (c != last) {
        *c = *last;
        if (watch_is_watched(c))
            c->subject->watchers[c->at].at = (uint32_t)(c - o->contacts);
    }
    watch_release(book, s);
}

struct contact *watch_set(struct watch_book *book, struct observer *o, struct contact *contact,
                          struct subject *s, int mask)
{
    struct contact *c = contact;

    if (c == NULL && mask == 0)
        return NULL;
    if (c == NULL)
        c = add(book, o, s);
    bool was = watch_is_watched(c);
    bool is = contact_is_visible(mask);
    if (was && !is)
        end_to_watch(book, o, c);
    c->mask = (uint8_t)mask;
    if (is && !was)
        begin_to_watch(book, o, c);
    if (mask != 0)
        return c;
    take_out(book, o, c);
    return NULL;
}

void watch_forget_all(struct watch_book *book, struct observer *o)
{
    while (o->n > 0) {
        struct contact *c = &o->contacts[o->n - 1];
        if (watch_is_watched(c))
            end_to_watch(book, o, c);
        take_out(book, o, c);
    }
    free(o->contacts);
    *o = (struct observer){0};
}
