/* Observer: who watches whom on this server, and what the watched are to those who watch.
 *
 * A subject is a user as others see them: parts, one from each presence-server where they are connected, of which the
 * most available one shows. An observer is a user of this server with their list of contacts, each of which is watched
 * while the two see each other (store/contact.h).
 *
 *     news, reads of Redis ──► parts ──watch_flush()──► changed(subject) ──► its watchers
 *
 * News and reads may come in any order: every part has the version that its server gave it. Changes are told together,
 * when watch_flush() is called; what came and went in between is not. Pure: no sockets, no Redis, no clock. */
#ifndef CHATAPP_PRESENCE_WATCH_H
#define CHATAPP_PRESENCE_WATCH_H

#include "base/map.h"
#include "base/username.h"
#include "nodes.h"
#include "status.h"

struct part { /* what a user is on one server */
    const struct node *node;
    int64_t version;
    int64_t time_ms; /* since when */
    uint64_t heard;  /* watch_book.clock */
    char *text;      /* NULL: none */
    enum status status;
    bool confirmed; /* by the read that is being taken in */
};

struct watcher {
    struct observer *observer;
    uint32_t at; /* in observer->contacts */
};

struct subject {
    struct username name;
    struct part *parts;
    struct watcher *watchers;
    uint32_t parts_n;
    uint32_t watchers_n;
    uint32_t watchers_cap;
    uint32_t holds;   /* entries of lists of contacts, and who holds it otherwise */
    char *shown_text; /* what the watchers have been told: */
    enum status shown;
    bool known;          /* was read since it is watched */
    bool dirty;          /* in the book's list */
    bool reading;        /* a read is on its way (lookups.h) */
    bool queued;         /* for one */
    bool again;          /* news was lost since it was asked: another one after it */
    int64_t seen_ms;     /* when they were last here; 0: not known */
    uint64_t read_began; /* watch_book.clock */
    uint32_t index;      /* free for whoever goes over the contacts of one observer */
    struct subject *next_dirty;
    struct subject *next_queued;
};

struct contact {
    struct subject *subject;
    uint32_t at;  /* in subject->watchers, while it is watched */
    uint8_t mask; /* store/contact.h; never 0 */
    bool found;   /* in the list that is being taken in */
    bool owed;    /* the observer is to be told what it is, once that is known */
};

struct observer { /* a user of this server: users.h */
    struct contact *contacts;
    uint32_t n;
    uint32_t cap;
    uint32_t unknown; /* watched, and not known yet */
};

struct watch_book {
    struct map subjects;
    size_t watches; /* how many watch somebody, all in all */
    uint64_t clock; /* of what was heard and asked, in order */
    struct subject *dirty;
};

void watch_fini(struct watch_book *book); /* no observer is left */

/* ---- who watches whom ---- */

struct subject *watch_subject(const struct watch_book *book, str name); /* NULL: nobody cares */
struct subject *watch_hold(struct watch_book *book, str name);          /* with one hold more */
void watch_release(struct watch_book *book, struct subject *subject);

/* What is between the observer and the subject from now on; 0: nothing. Begins and ends to watch accordingly. `contact`:
 * the entry so far, as of watch_find() (NULL: none). Returns the entry, until the next change of the list; NULL for 0. The
 * last one takes the place of one that goes. */
struct contact *watch_set(struct watch_book *book, struct observer *observer,
                          struct contact *contact, struct subject *subject, int mask);
struct contact *watch_find(const struct observer *observer, const struct subject *subject);
void watch_forget_all(struct watch_book *book, struct observer *observer);
bool watch_is_watched(const struct contact *contact);

/* ---- what they are ---- */

struct part_news {
    const struct node *node;
    int64_t version;
    int64_t time_ms;
    enum status status; /* OFFLINE: not there any more, since time_ms */
    str text;
};

/* A server says what its user is. */
void watch_news(struct watch_book *book, struct subject *subject, const struct part_news *news);
/* A server is dead, and was last alive at seen_ms. */
void watch_node_died(struct watch_book *book, const struct node *node, int64_t seen_ms);

/* A read of what Redis has: begins when it is asked, then the answer's parts (only of servers that live), then its end.
 * What news said meanwhile stays; what is not confirmed by either is over. `self`: this server's own part is not up to
 * Redis. True: it was not known before; then it is not told as a change. */
void watch_read_begins(struct watch_book *book, struct subject *subject);
void watch_read_part(struct watch_book *book, struct subject *subject,
                     const struct part_news *news);
bool watch_read_ends(struct watch_book *book, struct subject *subject, const struct node *self,
                     int64_t seen_ms);
void watch_read_fails(struct subject *subject);

/* Tells all changes since the last time; `changed` must not change the book. Shown is then what it is. */
void watch_flush(struct watch_book *book, void (*changed)(void *context, struct subject *subject),
                 void *context);

#endif
