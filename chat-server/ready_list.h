/* The conversations of a user who signs in, and the `ready` frame made of them. `ready` shows the newest ones only; of
 * the others no more is known than where they stand. */
#ifndef CHATAPP_CHAT_READY_LIST_H
#define CHATAPP_CHAT_READY_LIST_H

#include "hub.h"
#include "store/conversation.h"

#define READY_CONVERSATIONS_MAX 100
#define READY_BYTES_MAX (512 * 1024)

struct ready_entry {
    struct conversation_id id;
    struct room *room; /* held; NULL: not the user's after all */
    bool here;         /* the user has it on this server already: the room knows where it stands */
    bool asked;        /* for the view */
    bool viewed;       /* name, peer … are known */
    bool shown;
    struct conversation_view view; /* its texts are the list's */
    char *name;
    char *peer;
    int64_t last_ms;
};

struct ready_list {
    struct hub *hub;
    struct ready_entry *entries;
    size_t n;
    struct ready_entry **order; /* newest first, after ready_list_arrange() */
    size_t order_n;
};

/* For up to `cap` conversations. */
void ready_list_init(struct ready_list *list, struct hub *hub, size_t cap);
void ready_list_fini(struct ready_list *list);

/* Adds one, holding its room; `here` is for the caller to set. */
struct ready_entry *ready_list_add(struct ready_list *list, str id);
/* It is not the user's. */
void ready_list_drop(struct ready_list *list, struct ready_entry *entry);
void ready_entry_take_view(struct ready_entry *entry, const struct conversation_view *view);

/* Leaves out what the user was removed from meanwhile, and puts the rest in order as the rooms stand on this server
 * at this moment. False: some that are to be shown have not been viewed. */
bool ready_list_arrange(struct ready_list *list, const struct user *user);

struct ready_heading {
    str user;
    str session;
    str node;
    str epoch;
    int64_t now_ms;
};
void ready_list_frame(struct ready_list *list, const struct ready_heading *heading,
                      struct buf *out);

#endif
