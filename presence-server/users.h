/* The users of this server: their devices, what those say of themselves, and what the user is therefore. A device that
 * is lost still counts for the grace, unless one turns up meanwhile. Pure: no sockets, no Redis; the time is an argument
 * (`now`: both clocks).
 *
 * A user stays as long as there is something to know of them: devices, those signing in, a grace, a change to be told or
 * to be stored. */
#ifndef CHATAPP_PRESENCE_USERS_H
#define CHATAPP_PRESENCE_USERS_H

#include "watch.h"

struct conn;    /* conn.h */
struct sign_in; /* sign_in.c */

struct device { /* a connection that is ready */
    struct conn *conn;
    char *text; /* NULL: none */
    int64_t since_ms;
    enum status status;
};

struct moment {
    int64_t mono_ms;
    int64_t wall_ms;
};

struct user {
    struct username name;
    struct observer observer; /* their contacts */
    struct device **devices;
    uint32_t devices_n;
    uint32_t holds;           /* those signing in, and requests under way */
    struct sign_in *sign_ins; /* that wait until all contacts are known */
    enum status status;       /* as told, with its version, 0: never */
    char *text;
    int64_t version;
    int64_t since_ms;
    int64_t lost_ms;     /* wall clock: when what ended last did so */
    struct ghost *ghost; /* what was lost; NULL: nothing */
    bool changed;        /* in users->changed */
    bool unsaved;        /* in users->unsaved */
    struct user *next_changed;
    struct user *next_unsaved;
};

static inline struct user *user_of_observer(struct observer *observer)
{
    return (struct user *)((char *)observer - offsetof(struct user, observer));
}

struct users {
    struct map names;
    int64_t versions; /* the last one given */
    int64_t grace_ms;
    struct user *changed;
    struct user *unsaved;
    struct user **unsaved_last;
    struct ghost *ghosts; /* oldest first */
    struct ghost *ghosts_last;
    void (*gone)(void *context, struct user *user); /* about to be freed */
    void *context;
};

/* The rest of *users is zero or filled in already. */
void users_init(struct users *users);
void users_fini(struct users *users);

struct user *users_get(const struct users *users, str name); /* NULL: not here */
/* The user, made when not here yet, with one hold more. */
struct user *users_hold(struct users *users, str name);
void users_release(struct users *users, struct user *user);

/* The user holds devices, not their memory. A new one is online, until it says otherwise. */
void users_add_device(struct users *users, struct user *user, struct device *device,
                      struct moment now);
/* Lost: counts for the grace. */
void users_remove_device(struct users *users, struct user *user, struct device *device,
                         struct moment now);
void users_say(struct users *users, struct user *user, struct device *device, enum status status,
               str text, struct moment now);
/* Has turned up on another server: what was lost here does not count any more. */
void users_are_elsewhere(struct users *users, struct user *user);
/* Ends what has had its grace; to be called several times a second. */
void users_expire(struct users *users, int64_t mono_ms);
bool users_have_changed(const struct users *users);

/* Goes over those who are not what they were told to be: updates status, text, version and since_ms (of who is offline:
 * when they were last here), and calls `changed`; they are unsaved then. */
void users_flush(struct users *users, void (*changed)(void *context, struct user *user),
                 void *context);

/* Redis does not have it (any more). */
void users_unsaved(struct users *users, struct user *user);
void users_all_unsaved(struct users *users); /* all that are not offline */
/* Takes the oldest one out, with one hold more; NULL: there is none. */
struct user *users_next_unsaved(struct users *users);

#endif
