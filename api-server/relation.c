#include "relation.h"

#include "ask.h"
#include "base/ids.h"
#include "daemon/log.h"
#include "store/contact.h"
#include "store/presence_bell.h"

#define ANY_NUMBER 0
#define ALL_BITS (CONTACT_ADDED | CONTACT_BLOCKS | CONTACT_COPIES)
#define ROUNDS_MAX 20 /* two do, unless others change the same at once */

static struct conversation_id direct_of(const struct relation *r)
{
    return conversation_id_direct(r->user, r->peer);
}

/* ---- one side */

static enum err change(str user, str peer, int clear, int set, int64_t most,
                       struct contact_changed *changed_out)
{
    struct redis_command c;
    struct redisReply *reply;

    contact_change(&c, user, peer, clear, set, most);
    if (redis_call(&c, &reply) != OK)
        return ERR_UNAVAILABLE;
    enum err err = contact_was_changed(reply, changed_out);
    reply_free(reply);
    return err;
}

/* One side, and in the same round trip whether its user blocks in the conversation. */
struct step {
    str user;
    str peer;
    int clear;
    int set;
    int64_t most;
    str blocker;
    bool blocks;
    struct contact_changed changed;
    bool differed; /* anything was not so before */
};

static enum err take(const struct relation *r, struct step *s)
{
    const struct conversation_id direct = direct_of(r);
    struct redis_command commands[2];
    struct redisReply *replies[2];

    direct_block(&commands[0], str_of(direct.text), s->blocker, s->blocks);
    contact_change(&commands[1], s->user, s->peer, s->clear, s->set, s->most);
    if (redis_pipeline(commands, 2, replies) != OK)
        return ERR_UNAVAILABLE;
    enum err err = contact_was_changed(replies[1], &s->changed);
    s->differed = !str_eq(reply_word(replies[0]), STR("same")) ||
                  (err == OK && s->changed.before != s->changed.after);
    replies_free(replies, 2);
    return err;
}

static enum err copy_to_peer(const struct relation *r, struct step *s)
{
    *s = (struct step){.user = r->peer,
                       .peer = r->user,
                       .clear = CONTACT_COPIES,
                       .set = contact_copy(r->mask),
                       .most = r->settings->contact_requests_max,
                       .blocker = r->user,
                       .blocks = r->mask & CONTACT_BLOCKS};
    return take(r, s);
}

static enum err copy_from_peer(const struct relation *r, int peers_mask, struct step *s)
{
    *s = (struct step){.user = r->user,
                       .peer = r->peer,
                       .clear = CONTACT_COPIES,
                       .set = contact_copy(peers_mask),
                       .most = ANY_NUMBER,
                       .blocker = r->peer,
                       .blocks = peers_mask & CONTACT_BLOCKS};
    return take(r, s);
}

/* ---- both sides in line */

static void ring(str user, str peer)
{
    const struct presence_bell bell = {PRESENCE_BELL_CONTACT, user, peer};
    struct buf text = {0};
    struct redis_command c;

    presence_bell_put(&text, &bell);
    presence_ring(&c, buf_view(&text));
    (void)!tell(&c); /* lost: a presence-server looks again by itself */
    buf_fini(&text);
}

static enum relation_result peer_gone(const struct relation *r)
{
    relation_forget(r->user, r->peer);
    return RELATION_PEER_GONE;
}

static enum relation_result self_gone(const struct relation *r)
{
    relation_forget(r->peer, r->user);
    return RELATION_GONE;
}

/* The peer takes no more requests: so it was none. */
static enum err take_request_back(struct relation *r)
{
    struct contact_changed own;
    enum err err = change(r->user, r->peer, CONTACT_ADDED, 0, ANY_NUMBER, &own);

    r->is_refused = true;
    if (err == OK)
        r->mask = own.after;
    return err;
}

/* *differed_out: something was not in line. */
static enum relation_result one_round(struct relation *r, bool *differed_out)
{
    struct step there;
    struct step here;
    enum err err = copy_to_peer(r, &there);

    if (err == ERR_NOT_FOUND)
        return peer_gone(r);
    if (err == ERR_FULL) {
        *differed_out = true;
        err = take_request_back(r);
    } else if (err == OK) {
        err = copy_from_peer(r, there.changed.after, &here);
    }
    if (err != OK)
        return err == ERR_NOT_FOUND ? self_gone(r) : RELATION_UNAVAILABLE;
    if (!*differed_out) {
        *differed_out = there.differed || here.differed ||
                        contact_copy(here.changed.after) != contact_copy(r->mask);
        r->mask = here.changed.after;
    }
    return RELATION_DONE;
}

/* From what each has decided to the other's copy, until a round finds all in line. */
static enum relation_result settle(struct relation *r)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        bool differed = false;
        enum relation_result result = one_round(r, &differed);
        if (result != RELATION_DONE)
            return result;
        if (!differed) {
            ring(r->user, r->peer);
            return RELATION_DONE;
        }
    }
    log_warn("two users change what is between them faster than it can be written");
    return RELATION_UNAVAILABLE;
}

/* ---- what users decide */

static enum relation_result decide(struct relation *r, int clear, int set, int64_t most)
{
    struct contact_changed own;

    switch (change(r->user, r->peer, clear, set, most, &own)) {
    case OK:
        r->mask = own.after;
        r->is_new = own.before != own.after;
        return RELATION_DONE;
    case ERR_NOT_FOUND: return self_gone(r);
    case ERR_DENIED: return RELATION_BLOCKED;
    case ERR_FULL: return RELATION_FULL;
    default: return RELATION_UNAVAILABLE;
    }
}

enum relation_result relation_add(struct relation *r)
{
    enum relation_result result = decide(r, 0, CONTACT_ADDED, r->settings->contacts_max);

    if (result == RELATION_DONE)
        result = settle(r);
    return result == RELATION_DONE && r->is_refused ? RELATION_PEER_FULL : result;
}

enum relation_result relation_remove(struct relation *r)
{
    const int both = CONTACT_ADDED | CONTACT_ADDS_ME;
    struct contact_changed there;
    enum err err = change(r->peer, r->user, both, 0, ANY_NUMBER, &there);

    if (err != OK)
        return err == ERR_NOT_FOUND ? peer_gone(r) : RELATION_UNAVAILABLE;
    enum relation_result result = decide(r, both, 0, ANY_NUMBER);
    return result == RELATION_DONE ? settle(r) : result;
}

/* Both ways out are shut before the list shows it. */
static enum err keep_out(const struct relation *r)
{
    struct step s = {.user = r->peer,
                     .peer = r->user,
                     .set = CONTACT_BLOCKS_ME,
                     .most = ANY_NUMBER,
                     .blocker = r->user,
                     .blocks = true};

    return take(r, &s);
}

enum relation_result relation_block(struct relation *r)
{
    enum err err = keep_out(r);

    if (err != OK)
        return err == ERR_NOT_FOUND ? peer_gone(r) : RELATION_UNAVAILABLE;
    enum relation_result result = decide(r, 0, CONTACT_BLOCKS, r->settings->blocks_max);
    if (result == RELATION_DONE)
        return settle(r);
    if (result != RELATION_FULL)
        return result;
    result = decide(r, 0, 0, ANY_NUMBER); /* it is not to be: undo what was done for it */
    if (result == RELATION_DONE)
        result = settle(r);
    return result == RELATION_DONE ? RELATION_FULL : result;
}

enum relation_result relation_unblock(struct relation *r)
{
    enum relation_result result = decide(r, CONTACT_BLOCKS, 0, ANY_NUMBER);

    return result == RELATION_DONE ? settle(r) : result;
}

/* ---- who is no more */

static enum err forget(str user, str peer)
{
    const struct conversation_id direct = conversation_id_direct(user, peer);
    struct redis_command commands[2];
    struct redisReply *replies[2];

    direct_unblock(&commands[0], str_of(direct.text));
    contact_forget(&commands[1], user, peer);
    enum err err = redis_pipeline(commands, 2, replies);
    if (err == OK)
        replies_free(replies, 2);
    return err;
}

void relation_forget(str user, str peer)
{
    (void)!forget(user, peer);
}

enum err relation_erase(str user)
{
    struct redis_command c;
    struct redisReply *list;

    contact_list(&c, user);
    enum err err = redis_call(&c, &list);
    if (err != OK)
        return err;
    for (size_t i = 0; i < contact_list_count(list) && err == OK; i++) {
        str peer = contact_list_item(list, i).peer;
        err = forget(peer, user);
        if (err == OK)
            ring(user, peer);
    }
    reply_free(list);
    return err;
}
