#include "checker.h"

#include <stdlib.h>

#include "base/mem.h"
#include "checker_data.h"

/* Findings are many when something is badly wrong; the first ones tell. */
#define FINDINGS_SHOWN 50
#define ANYWHERE (-1) /* a connection that was not told where it starts */

/* What the histories agree on: conversation by conversation, seq by seq. */
struct truth {
    struct sight *records; /* [seq - 1]; seq 0: nobody has read one */
    int64_t top;
};

struct judge {
    const struct checker *c;
    struct truth *truths; /* by conversation */
    struct buf *findings;
    size_t n;
};

#define FIND(j, ...)                                                                               \
    do {                                                                                           \
        if ((j)->n++ < FINDINGS_SHOWN) {                                                           \
            buf_printf((j)->findings, __VA_ARGS__);                                                \
            buf_add_char((j)->findings, '\n');                                                     \
        }                                                                                          \
    } while (0)

static const char *user_name(const struct judge *j, int user)
{
    return names_text(&j->c->users, user);
}

static const char *conversation_name(const struct judge *j, int conversation)
{
    return names_text(&j->c->conversations, conversation);
}

static const char *id_text(const struct judge *j, int id)
{
    return names_text(&j->c->ids, id);
}

static bool may_know(const struct judge *j, int user, int conversation, int64_t seq)
{
    for (size_t i = 0; i < j->c->spans.n; i++) {
        const struct span *s = &j->c->spans.items[i];
        if (s->user == user && s->conversation == conversation && seq >= s->first &&
            (s->last == 0 || seq <= s->last))
            return true;
    }
    return false;
}

static const struct sight *record_at(const struct judge *j, int conversation, int64_t seq)
{
    const struct truth *t = &j->truths[conversation];

    return seq >= 1 && seq <= t->top && t->records[seq - 1].seq != 0 ? &t->records[seq - 1] : NULL;
}

/* --- 3: the histories ------------------------------------------------------------------------ */

static void learn_tops(struct judge *j)
{
    for (size_t i = 0; i < j->c->read.n; i++) {
        const struct sight *s = &j->c->read.items[i];
        if (s->seq > j->truths[s->conversation].top)
            j->truths[s->conversation].top = s->seq;
    }
    for (size_t i = 0; i < j->c->conversations.n; i++) {
        struct truth *t = &j->truths[i];
        t->records = mem_zalloc(((size_t)t->top + 1) * sizeof *t->records);
    }
}

static void learn_records(struct judge *j)
{
    for (size_t i = 0; i < j->c->read.n; i++) {
        const struct sight *s = &j->c->read.items[i];
        struct sight *record = &j->truths[s->conversation].records[s->seq - 1];
        if (record->seq == 0)
            *record = *s;
        else if (record->id != s->id || record->from != s->from)
            FIND(j, "%s: seq %lld is \"%s\" of %s for %s, and \"%s\" of %s for %s",
                 conversation_name(j, s->conversation), (long long)s->seq, id_text(j, record->id),
                 user_name(j, record->from), user_name(j, record->by), id_text(j, s->id),
                 user_name(j, s->from), user_name(j, s->by));
    }
}

/* How often the reader got each seq. */
static unsigned *count_reads(const struct judge *j, const struct reader *r)
{
    unsigned *counts = mem_zalloc(((size_t)j->truths[r->conversation].top + 1) * sizeof *counts);

    for (size_t i = 0; i < j->c->read.n; i++) {
        const struct sight *s = &j->c->read.items[i];
        if (s->by == r->user && s->conversation == r->conversation)
            counts[s->seq - 1]++;
    }
    return counts;
}

static void judge_reader(struct judge *j, const struct reader *r)
{
    unsigned *counts = count_reads(j, r);

    for (int64_t seq = 1; seq <= j->truths[r->conversation].top; seq++) {
        bool may = may_know(j, r->user, r->conversation, seq);
        unsigned n = counts[seq - 1];
        if (n != (may ? 1U : 0U))
            FIND(j, "%s: seq %lld is %u times in the history of %s, who may %sknow it",
                 conversation_name(j, r->conversation), (long long)seq, n, user_name(j, r->user),
                 may ? "" : "not ");
    }
    free(counts);
}

/* --- 1 and 2: each message ------------------------------------------------------------------- */

static void judge_record(struct judge *j, const struct sight *record, unsigned *times)
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
    if (m->refused)
        FIND(j, "%s: seq %lld is \"%s\", which was refused", where, (long long)record->seq, id);
}

static void judge_ack(struct judge *j, int id)
{
    const struct sent *m = &j->c->sent.items[id];

    if (m->seq == 0)
        return;
    const struct sight *record = record_at(j, m->conversation, m->seq);
    if (m->other_seq != 0)
        FIND(j, "\"%s\" was acked as seq %lld and as seq %lld", id_text(j, id), (long long)m->seq,
             (long long)m->other_seq);
    if (record == NULL || record->id != id)
        FIND(j, "%s: \"%s\" was acked as seq %lld, but there is \"%s\"",
             conversation_name(j, m->conversation), id_text(j, id), (long long)m->seq,
             record ? id_text(j, record->id) : "(nothing)");
}

static void judge_messages(struct judge *j)
{
    unsigned *times = mem_zalloc((j->c->ids.n + 1) * sizeof *times);

    for (size_t i = 0; i < j->c->conversations.n; i++)
        for (int64_t seq = 1; seq <= j->truths[i].top; seq++) {
            const struct sight *record = record_at(j, (int)i, seq);
            if (record != NULL && record->id != NOBODY)
                judge_record(j, record, times);
        }
    for (size_t i = 0; i < j->c->sent.n; i++)
        judge_ack(j, (int)i);
    free(times);
}

/* --- 4 and 7: what was seen ------------------------------------------------------------------ */

/* How far a connection has got in a conversation. */
struct progress {
    int64_t reached;
    bool announced; /* it was told so, and nothing has come since */
};

/* What each device has seen of each conversation, and how far each connection has got in it. */
struct views {
    bool **seen;               /* [device × conversations + conversation][seq - 1] */
    struct progress *progress; /* [connection × conversations + conversation] */
};

static void judge_gap(struct judge *j, const struct sight *s, int device, int64_t reached)
{
    int user = j->c->devices.items[device];

    for (int64_t seq = reached + 1; seq < s->seq; seq++) {
        const struct sight *left_out = record_at(j, s->conversation, seq);
        bool own = left_out != NULL && left_out->id != NOBODY &&
                   j->c->sent.items[left_out->id].device == device;
        if (!own)
            FIND(j, "%s: a connection of %s goes from seq %lld to %lld without %lld",
                 conversation_name(j, s->conversation), user_name(j, user), (long long)reached,
                 (long long)s->seq, (long long)seq);
    }
}

static void judge_sight(struct judge *j, const struct sight *s, struct views *views)
{
    int device = j->c->connections.items[s->by];
    int user = j->c->devices.items[device];
    const char *where = conversation_name(j, s->conversation);
    const struct sight *record = record_at(j, s->conversation, s->seq);
    size_t n = j->c->conversations.n;
    struct progress *progress = &views->progress[(size_t)s->by * n + (size_t)s->conversation];

    if (s->id == STARTS) {
        *progress = (struct progress){s->seq, true};
        return;
    }
    if (!may_know(j, user, s->conversation, s->seq))
        FIND(j, "%s: %s has seen seq %lld, which is not theirs", where, user_name(j, user),
             (long long)s->seq);
    if (record == NULL || record->id != s->id || record->from != s->from) {
        FIND(j, "%s: %s has seen \"%s\" as seq %lld, the history has \"%s\"", where,
             user_name(j, user), id_text(j, s->id), (long long)s->seq,
             record ? id_text(j, record->id) : "(nothing)");
        return;
    }
    if (s->seq <= progress->reached)
        FIND(j, "%s: a connection of %s has seen seq %lld after %lld%s", where, user_name(j, user),
             (long long)s->seq, (long long)progress->reached,
             progress->announced ? " was announced" : "");
    else if (progress->reached != ANYWHERE)
        judge_gap(j, s, device, progress->reached);
    *progress = (struct progress){s->seq, false};
    views->seen[(size_t)device * n + (size_t)s->conversation][s->seq - 1] = true;
}

static void judge_device(struct judge *j, int device, int conversation, const bool *seen)
{
    int user = j->c->devices.items[device];

    for (int64_t seq = 1; seq <= j->truths[conversation].top; seq++) {
        const struct sight *record = record_at(j, conversation, seq);
        bool own =
            record != NULL && record->id != NOBODY && j->c->sent.items[record->id].device == device;
        if (!seen[seq - 1] && !own && may_know(j, user, conversation, seq))
            FIND(j, "%s: a device of %s has never seen seq %lld",
                 conversation_name(j, conversation), user_name(j, user), (long long)seq);
    }
}

static void judge_views(struct judge *j)
{
    size_t n = j->c->conversations.n;
    size_t pairs = j->c->devices.n * n;
    struct views views = {mem_zalloc((pairs + 1) * sizeof *views.seen),
                          mem_zalloc((j->c->connections.n * n + 1) * sizeof *views.progress)};

    for (size_t i = 0; i < j->c->connections.n * n; i++)
        views.progress[i].reached = ANYWHERE;
    for (size_t i = 0; i < pairs; i++)
        views.seen[i] = mem_zalloc((size_t)j->truths[i % n].top + 1);
    for (size_t i = 0; i < j->c->seen.n; i++)
        judge_sight(j, &j->c->seen.items[i], &views);
    for (size_t i = 0; i < pairs; i++) {
        judge_device(j, (int)(i / n), (int)(i % n), views.seen[i]);
        free(views.seen[i]);
    }
    free(views.seen);
    free(views.progress);
}

/* --- 6: the order of each sender ------------------------------------------------------------- */

static void judge_pair(struct judge *j, const struct sent *first, const struct sent *then)
{
    bool one_after_the_other = first->acked_at < then->sent_at;
    bool in_a_row =
        first->connection == then->connection && first->attempts == 1 && then->attempts == 1;

    if ((one_after_the_other || in_a_row) && first->seq > then->seq)
        FIND(j, "%s: \"%s\" (seq %lld) was sent before \"%s\" (seq %lld)",
             conversation_name(j, first->conversation), id_text(j, (int)(first - j->c->sent.items)),
             (long long)first->seq, id_text(j, (int)(then - j->c->sent.items)),
             (long long)then->seq);
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

size_t checker_judge(struct checker *c, struct buf *findings)
{
    struct judge j = {.c = c, .findings = findings};

    j.truths = mem_zalloc((c->conversations.n + 1) * sizeof *j.truths);
    learn_tops(&j);
    learn_records(&j);
    for (size_t i = 0; i < c->readers.n; i++)
        judge_reader(&j, &c->readers.items[i]);
    judge_messages(&j);
    judge_views(&j);
    judge_order(&j);
    for (size_t i = 0; i < c->conversations.n; i++)
        free(j.truths[i].records);
    free(j.truths);
    return j.n;
}
