#include "contacts.h"

#include <stdlib.h>

#include "announce.h"
#include "base/mem.h"
#include "conn.h"
#include "lookups.h"
#include "presence_frames.h"
#include "store/contact.h"
#include "store/presence.h"

#define TICK_MS 100
#define CYCLE 300 /* ticks until all lists were read again */
#define AT_ONCE 100
#define IN_FLIGHT_MAX 500 /* those who sign in come first */

struct contacts {
    struct server *server;
    uv_timer_t timer;
    size_t at;   /* in users.names */
    size_t rush; /* so many lists are to be read soon */
};

/* ---- what is told ---- */

static void tell_state(const struct user *user, const struct subject *subject, const char *state)
{
    struct buf out = {0};

    frame_out_contact(&out, username_view(&subject->name), state);
    conn_send_to_user(user, frame_text(buf_view(&out)));
    buf_fini(&out);
}

static void tell_gone(const struct user *user, const struct subject *subject, int64_t now_ms)
{
    announce_to(user, &(struct presence_view){.user = username_view(&subject->name),
                                              .status = STATUS_OFFLINE,
                                              .seen_ms = now_ms});
}

static void tell_here(const struct user *user, const struct subject *subject)
{
    struct presence_view view = announce_view(subject);
    announce_to(user, &view);
}

/* ---- changes ---- */

static bool is_hidden(int mask)
{
    return contact_is_mutual(mask) && !contact_is_visible(mask);
}

/* A block looks like leaving, also to those who come back later to look (store/presence.h). */
static void hide(struct server *s, const struct user *user, const struct subject *subject,
                 int64_t since_ms)
{
    struct redis_command c;

    presence_hide(&c, username_view(&user->name), username_view(&subject->name), since_ms);
    (void)!redis_send(s->redis, &c, NULL, NULL);
}

static void unhide(struct server *s, const struct user *user, const struct subject *subject)
{
    struct redis_command c;

    presence_unhide(&c, username_view(&user->name), username_view(&subject->name));
    (void)!redis_send(s->redis, &c, NULL, NULL);
}

/* `left_ms` 0: was not here. */
static void out_of_sight(struct server *s, const struct user *user, const struct subject *subject,
                         int mask, int64_t left_ms)
{
    if (left_ms > 0)
        tell_gone(user, subject, left_ms);
    if (is_hidden(mask))
        hide(s, user, subject,
             left_ms > 0 || subject->seen_ms == 0 ? clock_wall_ms() : subject->seen_ms);
}

static void into_sight(struct server *s, const struct user *user, struct contact *contact)
{
    if (contact->subject->known) {
        tell_here(user, contact->subject);
        return;
    }
    contact->owed = user->devices_n > 0;
    lookups_now(s->lookups, contact->subject);
}

static void change(struct server *s, struct user *user, struct contact *contact,
                   struct subject *subject, int mask)
{
    int before = contact != NULL ? contact->mask : 0;
    const char *state = contact_state(mask);
    bool was_here = subject->known && subject->shown != STATUS_OFFLINE;

    if (mask == before)
        return;
    contact = watch_set(&s->book, &user->observer, contact, subject, mask);
    if (state != contact_state(before)) /* constants */
        tell_state(user, subject, state);
    if (is_hidden(before) && !is_hidden(mask))
        unhide(s, user, subject);
    if (contact_is_visible(before) && !contact_is_visible(mask))
        out_of_sight(s, user, subject, mask, was_here ? clock_wall_ms() : 0);
    if (contact_is_visible(mask) && !contact_is_visible(before))
        into_sight(s, user, contact);
}

/* `index` of each subject in the list is right, until one is taken out. */
static struct contact *find(struct observer *o, const struct subject *subject)
{
    struct contact *c = subject->index < o->n ? &o->contacts[subject->index] : NULL;
    return c != NULL && c->subject == subject ? c : NULL;
}

static void take_item(struct server *s, struct user *user, const struct contact_item *item)
{
    struct observer *o = &user->observer;

    if (!username_is_kept(item->peer) || item->mask <= 0 || item->mask > UINT8_MAX)
        return;
    struct subject *subject = watch_hold(&s->book, item->peer);
    struct contact *contact = find(o, subject);
    if (contact == NULL)
        subject->index = o->n;
    change(s, user, contact, subject, item->mask);
    o->contacts[subject->index].found = true;
    watch_release(&s->book, subject);
}

static void drop(struct server *s, struct user *user, struct contact *contact)
{
    struct subject *subject = contact->subject;

    (void)watch_hold(&s->book, username_view(&subject->name)); /* still to be named */
    change(s, user, contact, subject, 0);
    watch_release(&s->book, subject);
}

void contacts_take(struct server *s, struct user *user, const struct redisReply *list)
{
    struct observer *o = &user->observer;

    for (uint32_t i = 0; i < o->n; i++) {
        o->contacts[i].found = false;
        o->contacts[i].subject->index = i;
    }
    for (size_t i = 0; i < contact_list_count(list); i++) {
        struct contact_item item = contact_list_item(list, i);
        take_item(s, user, &item);
    }
    for (uint32_t i = o->n; i-- > 0;) /* the last one takes the place of one that goes */
        if (!o->contacts[i].found)
            drop(s, user, &o->contacts[i]);
}

/* ---- reads ---- */

struct read {
    struct server *server;
    struct user *user; /* held */
    struct username peer;
};

static void list_read(void *context, const struct redisReply *reply)
{
    struct read *r = context;

    if (reply != NULL)
        contacts_take(r->server, r->user, reply);
    users_release(&r->server->users, r->user);
    free(r);
}

static void pair_read(void *context, const struct redisReply *reply)
{
    struct read *r = context;
    struct server *s = r->server;

    if (reply != NULL) {
        struct subject *subject = watch_hold(&s->book, username_view(&r->peer));
        change(s, r->user, watch_find(&r->user->observer, subject), subject,
               contact_mask_read(reply));
        watch_release(&s->book, subject);
    }
    users_release(&s->users, r->user);
    free(r);
}

static struct read *read_new(struct server *s, struct user *user)
{
    struct read *r = mem_zalloc(sizeof *r);

    *r = (struct read){.server = s, .user = user};
    user->holds++;
    return r;
}

static void read_pair(struct server *s, str name, str peer)
{
    struct user *user = users_get(&s->users, name);
    struct redis_command c;
    struct username checked;

    if (user == NULL || username_parse(peer, &checked) != OK)
        return;
    struct read *r = read_new(s, user);
    r->peer = checked;
    contact_mask(&c, name, username_view(&r->peer));
    if (redis_send(s->redis, &c, pair_read, r) != OK)
        pair_read(r, NULL); /* all lists are read when it is back */
}

void contacts_changed(struct server *s, str user, str peer)
{
    read_pair(s, user, peer);
    read_pair(s, peer, user);
}

static void read_list(struct server *s, struct user *user)
{
    struct redis_command c;
    struct read *r = read_new(s, user);

    contact_list(&c, username_view(&user->name));
    if (redis_send(s->redis, &c, list_read, r) != OK)
        list_read(r, NULL);
}

/* ---- subjects that become known ---- */

void contacts_look_up(struct server *s, const struct user *user)
{
    const struct observer *o = &user->observer;

    for (uint32_t i = 0; i < o->n; i++)
        if (watch_is_watched(&o->contacts[i]) && !o->contacts[i].subject->known)
            lookups_now(s->lookups, o->contacts[i].subject);
}

/* From the last one on: whoever is gone by now may be forgotten meanwhile, and is replaced by one that was told. */
void contacts_known(struct server *s, struct subject *subject)
{
    for (uint32_t i = subject->watchers_n; i-- > 0;) {
        struct watcher w = subject->watchers[i];
        struct user *user = user_of_observer(w.observer);
        if (w.observer->contacts[w.at].owed) {
            w.observer->contacts[w.at].owed = false;
            tell_here(user, subject);
        }
        if (w.observer->unknown == 0)
            sign_in_finish(s, user);
    }
}

void contacts_unknown(struct server *s, struct subject *subject)
{
    for (uint32_t i = subject->watchers_n; i-- > 0;)
        sign_in_give_up(s, user_of_observer(subject->watchers[i].observer));
}

/* ---- again and again ---- */

static void tick(uv_timer_t *timer)
{
    struct contacts *c = timer->data;
    struct server *s = c->server;
    size_t share = s->users.names.n / CYCLE + 1;

    if (c->rush > 0)
        share = c->rush < AT_ONCE ? c->rush : AT_ONCE;
    for (size_t i = 0; i < share && redis_client_in_flight(s->redis) < IN_FLIGHT_MAX; i++) {
        struct user *user = map_next(&s->users.names, &c->at);
        if (user == NULL) {
            c->at = 0;
            break;
        }
        read_list(s, user);
        c->rush -= c->rush > 0;
    }
}

void contacts_all(struct contacts *c)
{
    c->rush = c->server->users.names.n;
}

struct contacts *contacts_open(struct server *server)
{
    struct contacts *c = mem_zalloc(sizeof *c);

    c->server = server;
    (void)uv_timer_init(&server->daemon.loop, &c->timer);
    c->timer.data = c;
    (void)uv_timer_start(&c->timer, tick, TICK_MS, TICK_MS);
    return c;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void contacts_close(struct contacts **contacts)
{
    uv_close((uv_handle_t *)&(*contacts)->timer, timer_closed);
    *contacts = NULL;
}
