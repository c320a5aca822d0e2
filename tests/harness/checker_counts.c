/* How much was checked, and a loss planted to show that losses are found. */
#include "checker_data.h"

bool checker_plant_loss(struct checker *c)
{
    int lost = NOBODY;

    for (size_t i = 0; i < c->sent.n; i++)
        if (c->sent.items[i].seq > 0)
            lost = (int)i;
    size_t kept = 0;
    for (size_t i = 0; i < c->read.n; i++)
        if (lost == NOBODY || c->read.items[i].id != lost)
            c->read.items[kept++] = c->read.items[i];
    bool planted = kept < c->read.n;
    c->read.n = kept;
    return planted;
}

struct checker_counts checker_counts(const struct checker *c)
{
    struct checker_counts counts = {.read = c->read.n};

    for (size_t i = 0; i < c->sent.n; i++) {
        const struct sent *m = &c->sent.items[i];
        counts.sent += m->device != NOBODY;
        counts.acked += m->seq > 0;
        counts.unknown += m->device != NOBODY && m->seq == 0 && !m->refused;
    }
    for (size_t i = 0; i < c->events.n; i++) {
        const struct event *e = &c->events.items[i];
        counts.seen += e->kind == EVENT_RECORD;
        counts.recovered += e->kind == EVENT_SYNCED && e->yes;
        counts.not_recovered += e->kind == EVENT_SYNCED && !e->yes;
    }
    for (size_t i = 0; i < c->changes.n; i++)
        counts.changes +=
            c->changes.items[i].kind == CHANGE_ADDED || c->changes.items[i].kind == CHANGE_REMOVED;
    for (size_t i = 0; i < c->marks.n; i++) {
        const struct mark *m = &c->marks.items[i];
        counts.receipts += m->kind == MARK_RECEIPT && m->connection != NOBODY;
        counts.views += m->kind == MARK_VIEW;
        counts.typing += m->kind == MARK_TYPING;
    }
    return counts;
}
