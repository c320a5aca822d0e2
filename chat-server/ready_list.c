#include "ready_list.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "store/record.h"
#include "ws/frame.h"
#include "json/json_out.h"

void ready_list_init(struct ready_list *list, struct hub *hub, size_t cap)
{
    *list = (struct ready_list){.hub = hub};
    if (cap == 0)
        return;
    list->entries = mem_zalloc(cap * sizeof list->entries[0]);
    list->order = mem_array(NULL, cap, sizeof(struct ready_entry *));
}

void ready_list_fini(struct ready_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        ready_list_drop(list, &list->entries[i]);
    free(list->entries);
    free(list->order);
}

struct ready_entry *ready_list_add(struct ready_list *list, str id)
{
    struct ready_entry *e = &list->entries[list->n++];

    memcpy(e->id.text, id.p, id.n);
    e->room = hub_hold_room(list->hub, id);
    return e;
}

void ready_list_drop(struct ready_list *list, struct ready_entry *entry)
{
    free(entry->name);
    free(entry->peer);
    entry->name = entry->peer = NULL;
    if (entry->room != NULL)
        hub_release_room(list->hub, entry->room);
    entry->room = NULL;
}

void ready_entry_take_view(struct ready_entry *entry, const struct conversation_view *view)
{
    CHECK(!entry->viewed);
    entry->viewed = true;
    entry->view = *view;
    entry->name = str_dup(view->name);
    entry->peer = str_dup(view->peer);
    entry->view.name = str_of(entry->name);
    entry->view.peer = str_of(entry->peer);
    entry->view.role = entry->view.last = STR("");
}

/* The room as it stands on this server at this moment: what comes after is delivered. */
static void refresh(struct ready_entry *e)
{
    struct record last = {0};

    e->view.seq = e->room->delivered;
    e->view.last_frame = e->room->last ? frame_payload(e->room->last) : STR_NONE;
    last.tail = e->view.last_frame;
    e->last_ms = last.tail.n > 0 ? record_time(&last) : e->view.created;
}

static int newest_first(const void *a, const void *b)
{
    const struct ready_entry *x = *(struct ready_entry *const *)a;
    const struct ready_entry *y = *(struct ready_entry *const *)b;

    if (x->last_ms != y->last_ms)
        return x->last_ms < y->last_ms ? 1 : -1;
    return strcmp(y->id.text, x->id.text);
}

bool ready_list_arrange(struct ready_list *list, const struct user *user)
{
    bool complete = true;

    list->order_n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct ready_entry *e = &list->entries[i];
        if (e->room != NULL && hub_has_departed(user, e->room, e->view.seq))
            ready_list_drop(list, e);
        if (e->room == NULL)
            continue;
        refresh(e);
        e->shown = false;
        list->order[list->order_n++] = e;
    }
    if (list->order_n > 1)
        qsort(list->order, list->order_n, sizeof(struct ready_entry *), newest_first);
    for (size_t i = 0; i < list->order_n && i < READY_CONVERSATIONS_MAX; i++) {
        list->order[i]->shown = true;
        complete = complete && list->order[i]->viewed;
    }
    return complete;
}

static bool add_conversations(const struct ready_list *list, int64_t now_ms, struct buf *out)
{
    for (size_t i = 0; i < list->order_n; i++) {
        const struct ready_entry *e = list->order[i];
        if (!e->shown || out->n > READY_BYTES_MAX)
            return true;
        conversation_view_json(out, NULL, str_of(e->id.text), &e->view, now_ms);
    }
    return false;
}

void ready_list_frame(struct ready_list *list, const struct ready_heading *heading, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "type", STR("ready"));
    json_put_str(out, "user", heading->user);
    json_put_str(out, "session", heading->session);
    json_put_str(out, "node", heading->node);
    json_put_str(out, "epoch", heading->epoch);
    json_put_int(out, "time", heading->now_ms);
    json_open(out, "conversations", '[');
    bool more = add_conversations(list, heading->now_ms, out);
    json_close(out, ']');
    json_put_bool(out, "more", more);
    json_close(out, '}');
}
