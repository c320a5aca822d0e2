/* The histories, and each message. */
#include <stdlib.h>

#include "base/mem.h"
#include "checker_data.h"

const char *user_name(const struct judge *j, int user)
{
    return names_text(&j->c->users, user);
}

const char *conversation_name(const struct judge *j, int conversation)
{
    return names_text(&j->c->conversations, conversation);
}

const char *id_text(const struct judge *j, int id)
{
    return names_text(&j->c->ids, id);
}

void judge_add_time(struct judge *j, int64_t moment)
{
    int64_t ms = 0;

    for (size_t i = 0; i < j->c->ticks.n && j->c->ticks.items[i].at < moment; i++)
        ms = j->c->ticks.items[i].ms;
    if (j->c->ticks.n > 0)
        buf_printf(j->findings, "[%lld.%03lld] ", (long long)ms / 1000, (long long)ms % 1000);
}

const struct record_read *record_at(const struct judge *j, int conversation, int64_t seq)
{
    const struct truth *t = &j->truths[conversation];

    return seq >= 1 && seq <= t->top && t->records[seq - 1].seq != 0 ? &t->records[seq - 1] : NULL;
}

bool is_own(const struct judge *j, const struct record_read *record, int device)
{
    return record != NULL && record->id != NOBODY && j->c->sent.items[record->id].device == device;
}

/* --- 3: the histories -------------------------------------------------------------------------- */

static void learn_tops(struct judge *j)
{
    for (size_t i = 0; i < j->c->read.n; i++) {
        const struct record_read *r = &j->c->read.items[i];
        if (r->seq > j->truths[r->conversation].top)
            j->truths[r->conversation].top = r->seq;
    }
    for (size_t i = 0; i < j->c->conversations.n; i++) {
        struct truth *t = &j->truths[i];
        t->records = mem_zalloc(((size_t)t->top + 1) * sizeof *t->records);
    }
}

static void learn_records(struct judge *j)
{
    for (size_t i = 0; i < j->c->read.n; i++) {
        const struct record_read *r = &j->c->read.items[i];
        struct record_read *record = &j->truths[r->conversation].records[r->seq - 1];
        if (record->seq == 0)
            *record = *r;
        else if (record->id != r->id || record->from != r->from || record->content != r->content)
            FIND(j, "%s: seq %lld is \"%s\" of %s (%08x) for %s, and \"%s\" of %s (%08x) for %s",
                 conversation_name(j, r->conversation), (long long)r->seq, id_text(j, record->id),
                 user_name(j, record->from), record->content, user_name(j, record->by),
                 id_text(j, r->id), user_name(j, r->from), r->content, user_name(j, r->by));
    }
}

/* How often the reader got each seq. */
static unsigned *count_reads(const struct judge *j, const struct reader *r)
{
    unsigned *counts = mem_zalloc(((size_t)j->truths[r->conversation].top + 1) * sizeof *counts);

    for (size_t i = 0; i < j->c->read.n; i++) {
        const struct record_read *s = &j->c->read.items[i];
        if (s->by == r->user && s->conversation == r->conversation)
            counts[s->seq - 1]++;
    }
    return counts;
}

static void judge_reader(struct judge *j, const struct reader *r)
{
    unsigned *counts = count_reads(j, r);
    bool may = is_member_in_the_end(j, r->user, r->conversation);

    for (int64_t seq = 1; seq <= j->truths[r->conversation].top; seq++) {
        unsigned n = counts[seq - 1];
        if (n != (may ? 1U : 0U))
            FIND(j, "%s: seq %lld is %u times in the history of %s, who may %sknow it",
                 conversation_name(j, r->conversation), (long long)seq, n, user_name(j, r->user),
                 may ? "" : "not ");
    }
    free(counts);
}

static int by_conversation_and_time(const void *left, const void *right)
{
    const struct reach *a = left;
    const struct reach *b = right;

    if (a->conversation != b->conversation)
        return a->conversation < b->conversation ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->claim < b->claim ? -1 : a->claim > b->claim;
}

/* Whoever asks after an ack, or after somebody has seen a frame, is told of at least as much. */
static void judge_reaches(struct judge *j)
{
    size_t n = j->c->reaches.n;
    struct reach *all = mem_array(NULL, n + 1, sizeof *all);
    int64_t known = 0;

    for (size_t i = 0; i < n; i++)
        all[i] = j->c->reaches.items[i];
    qsort(all, n, sizeof *all, by_conversation_and_time);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && all[i].conversation != all[i - 1].conversation)
            known = 0;
        if (all[i].claim && all[i].seq < known)
            FIND_AT(j, all[i].at, "%s: was said to end at seq %lld after %lld was seen or acked",
                    conversation_name(j, all[i].conversation), (long long)all[i].seq,
                    (long long)known);
        if (!all[i].claim && all[i].seq > known)
            known = all[i].seq;
    }
    free(all);
}

/* --- 1 and 2: each message --------------------------------------------------------------------- */

static void judge_record(struct judge *j, const struct record_read *record, unsigned *times)
{
    const struct sent *m = &j->c->sent.items[record->id];
    const char *id = id_text(j, record->id);
    const char *where = conversation_name(j, record->conversation);

    if (++times[record->id] == 2)
        FIND(j, "%s: \"%s\" is there more than once, again as seq %lld", where, id,
             (long long)record->seq);
    if (m->device == NOBODY) {
        FIND(j, "%s: seq %lld is \"%s\", which nobody sent", where, (long long)record->seq, id);
        return;
    }
    if (m->conversation != record->conversation || j->c->devices.items[m->device] != record->from)
        FIND(j, "%s: seq %lld is \"%s\" of %s, who did not send that there", where,
             (long long)record->seq, id, user_name(j, record->from));
    if (m->content != record->content)
        FIND(j, "%s: seq %lld, \"%s\", has another content than was sent", where,
             (long long)record->seq, id);
    if (m->refused)
        FIND(j, "%s: seq %lld is \"%s\", which was refused", where, (long long)record->seq, id);
}

static void judge_ack(struct judge *j, int id)
{
    const struct sent *m = &j->c->sent.items[id];

    if (m->seq == 0)
        return;
    const struct record_read *record = record_at(j, m->conversation, m->seq);
    if (m->other_seq != 0)
        FIND(j, "\"%s\" was acked as seq %lld and as seq %lld", id_text(j, id), (long long)m->seq,
             (long long)m->other_seq);
    if (record == NULL || record->id != id)
        FIND_AT(j, m->acked_at, "%s: \"%s\" was acked as seq %lld, but there is \"%s\"",
                conversation_name(j, m->conversation), id_text(j, id), (long long)m->seq,
                record ? id_text(j, record->id) : "(nothing)");
}

static void judge_messages(struct judge *j)
{
    unsigned *times = mem_zalloc((j->c->ids.n + 1) * sizeof *times);

    for (size_t i = 0; i < j->c->conversations.n; i++)
        for (int64_t seq = 1; seq <= j->truths[i].top; seq++) {
            const struct record_read *record = record_at(j, (int)i, seq);
            if (record != NULL && record->id != NOBODY)
                judge_record(j, record, times);
        }
    for (size_t i = 0; i < j->c->sent.n; i++)
        judge_ack(j, (int)i);
    free(times);
}

/* --- 6: the order of each sender --------------------------------------------------------------- */

static void judge_pair(struct judge *j, const struct sent *first, const struct sent *then)
{
    bool one_after_the_other = first->acked_at < then->sent_at;
    bool in_a_row =
        first->connection == then->connection && first->attempts == 1 && then->attempts == 1;

    if ((one_after_the_other || in_a_row) && first->seq > then->seq)
        FIND_AT(j, then->sent_at, "%s: \"%s\" (seq %lld) was sent before \"%s\" (seq %lld)",
                conversation_name(j, first->conversation),
                id_text(j, (int)(first - j->c->sent.items)), (long long)first->seq,
                id_text(j, (int)(then - j->c->sent.items)), (long long)then->seq);
}

static bool same_series(const struct sent *a, const struct sent *b)
{
    return a->device == b->device && a->conversation == b->conversation;
}

static int by_series(const void *left, const void *right)
{
    const struct sent *a = *(const struct sent *const *)left;
    const struct sent *b = *(const struct sent *const *)right;

    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->conversation != b->conversation)
        return a->conversation < b->conversation ? -1 : 1;
    return a->sent_at < b->sent_at ? -1 : a->sent_at > b->sent_at;
}

static void judge_order(struct judge *j)
{
    const struct sent **acked = mem_array(NULL, j->c->sent.n + 1, sizeof *acked);
    size_t n = 0;

    for (size_t i = 0; i < j->c->sent.n; i++)
        if (j->c->sent.items[i].seq > 0 && j->c->sent.items[i].device != NOBODY)
            acked[n++] = &j->c->sent.items[i];
    qsort(acked, n, sizeof *acked, by_series);
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n && same_series(acked[a], acked[b]); b++)
            judge_pair(j, acked[a], acked[b]);
    free(acked);
}

/* ----------------------------------------------------------------------------------------------- */

static void judge_objections(struct judge *j)
{
    for (size_t i = 0; i < j->c->objections.n; i++)
        FIND(j, "%s", j->c->objections.items[i]);
}

size_t checker_judge(struct checker *c, struct buf *findings)
{
    struct judge j = {.c = c, .findings = findings};

    j.truths = mem_zalloc((c->conversations.n + 1) * sizeof *j.truths);
    judge_objections(&j);
    learn_tops(&j);
    learn_records(&j);
    judge_members(&j);
    for (size_t i = 0; i < c->readers.n; i++)
        judge_reader(&j, &c->readers.items[i]);
    judge_reaches(&j);
    judge_messages(&j);
    judge_streams(&j);
    judge_order(&j);
    judge_marks(&j);
    judge_members_fini(&j);
    for (size_t i = 0; i < c->conversations.n; i++)
        free(j.truths[i].records);
    free(j.truths);
    return j.n;
}
