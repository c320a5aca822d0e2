/* Who was a member when. Seq by seq the histories' own member records tell; moment by moment, what
 * was answered over HTTP: a removal that was answered is done, until the next addition is tried. */
#include <stdlib.h>

#include "base/mem.h"
#include "checker_data.h"

struct interval { /* of seqs */
    int64_t first;
    int64_t last; /* the member's own leaving; FOREVER: none */
};

struct membership {
    bool from_start;
    struct interval *intervals;
    size_t n;
    size_t joined; /* later than at the start */
    size_t left;
    struct change *changes; /* in their order */
    size_t changes_n;
};

static struct membership *membership_of(const struct judge *j, int user, int conversation)
{
    return &j->memberships[(size_t)conversation * j->c->users.n + (size_t)user];
}

static bool is_in(const struct membership *m)
{
    return m->n > 0 && m->intervals[m->n - 1].last == FOREVER;
}

static void open_interval(struct membership *m, int64_t first)
{
    m->intervals = mem_array(m->intervals, m->n + 1, sizeof *m->intervals);
    m->intervals[m->n++] = (struct interval){first, FOREVER};
}

/* --- learning ---------------------------------------------------------------------------------- */

static void learn_start(struct judge *j)
{
    for (size_t i = 0; i < j->c->members.n; i++) {
        const struct reader *r = &j->c->members.items[i];
        struct membership *m = membership_of(j, r->user, r->conversation);
        m->from_start = true;
        if (m->n == 0)
            open_interval(m, 1);
    }
}

static void learn_record(struct judge *j, const struct record_read *record)
{
    struct membership *m = membership_of(j, record->from, record->conversation);

    if (record->action == ACTION_JOINED && !is_in(m)) {
        open_interval(m, record->seq);
        m->joined++;
    } else if (record->action == ACTION_LEFT && is_in(m)) {
        m->intervals[m->n - 1].last = record->seq;
        m->left++;
    }
}

static void learn_records(struct judge *j)
{
    for (size_t i = 0; i < j->c->conversations.n; i++)
        for (int64_t seq = 1; seq <= j->truths[i].top; seq++) {
            const struct record_read *record = record_at(j, (int)i, seq);
            if (record != NULL && record->id == NOBODY)
                learn_record(j, record);
        }
}

static void learn_changes(struct judge *j)
{
    for (size_t i = 0; i < j->c->changes.n; i++) {
        const struct change *change = &j->c->changes.items[i];
        struct membership *m = membership_of(j, change->user, change->conversation);
        m->changes = mem_array(m->changes, m->changes_n + 1, sizeof *m->changes);
        m->changes[m->changes_n++] = *change;
    }
}

/* --- asking ------------------------------------------------------------------------------------ */

bool is_member_at(const struct judge *j, int user, int conversation, int64_t seq)
{
    const struct membership *m = membership_of(j, user, conversation);

    for (size_t i = 0; i < m->n; i++)
        if (seq >= m->intervals[i].first && seq <= m->intervals[i].last)
            return true;
    return false;
}

bool is_member_in_the_end(const struct judge *j, int user, int conversation)
{
    return is_in(membership_of(j, user, conversation));
}

bool comes_and_goes(const struct judge *j, int user, int conversation)
{
    return membership_of(j, user, conversation)->changes_n > 0;
}

/* When the n-th addition, from 0, was first tried. */
static int64_t addition_tried(const struct membership *m, size_t n)
{
    for (size_t i = 0; i < m->changes_n; i++)
        if (m->changes[i].kind == CHANGE_ADDING && n-- == 0)
            return m->changes[i].at;
    return FOREVER;
}

bool may_read(const struct judge *j, int user, int conversation, int64_t seq, int64_t at)
{
    const struct membership *m = membership_of(j, user, conversation);

    for (size_t i = 0; i < m->n; i++) {
        if (seq > m->intervals[i].last)
            continue;
        if (seq >= m->intervals[i].first || (i == 0 && m->from_start))
            return true;
        return at > addition_tried(m, m->from_start ? i - 1 : i);
    }
    return false;
}

/* The last change up to that moment, and the moment of the next one. */
static const struct change *state_at(const struct membership *m, int64_t at, int64_t *next_out)
{
    const struct change *last = NULL;

    *next_out = FOREVER;
    for (size_t i = 0; i < m->changes_n; i++) {
        if (m->changes[i].at > at) {
            *next_out = m->changes[i].at;
            break;
        }
        last = &m->changes[i];
    }
    return last;
}

bool is_certainly_out(const struct judge *j, int user, int conversation, int64_t from, int64_t to)
{
    const struct membership *m = membership_of(j, user, conversation);
    int64_t next;
    const struct change *last = state_at(m, from, &next);

    return next > to && (last ? last->kind == CHANGE_REMOVED : !m->from_start);
}

bool is_certainly_in(const struct judge *j, int user, int conversation, int64_t from, int64_t to)
{
    const struct membership *m = membership_of(j, user, conversation);
    int64_t next;
    const struct change *last = state_at(m, from, &next);

    return next > to && (last ? last->kind == CHANGE_ADDED : m->from_start);
}

/* --- judging ----------------------------------------------------------------------------------- */

static size_t count_changes(const struct membership *m, enum checker_change kind)
{
    size_t n = 0;

    for (size_t i = 0; i < m->changes_n; i++)
        n += m->changes[i].kind == kind;
    return n;
}

static void judge_count(struct judge *j, int user, int conversation, const char *what,
                        size_t answered, size_t tried, size_t there)
{
    if (there < answered || there > tried)
        FIND(j, "%s: %s was %s %zu times, %zu of them answered, and the history has %zu",
             conversation_name(j, conversation), user_name(j, user), what, tried, answered, there);
}

static void judge_changes(struct judge *j, int user, int conversation)
{
    const struct membership *m = membership_of(j, user, conversation);

    if (j->truths[conversation].top == 0)
        return; /* nobody has read it */
    judge_count(j, user, conversation, "added", count_changes(m, CHANGE_ADDED),
                count_changes(m, CHANGE_ADDING), m->joined);
    judge_count(j, user, conversation, "removed", count_changes(m, CHANGE_REMOVED),
                count_changes(m, CHANGE_REMOVING), m->left);
}

static void judge_speakers(struct judge *j, int conversation)
{
    for (int64_t seq = 1; seq <= j->truths[conversation].top; seq++) {
        const struct record_read *record = record_at(j, conversation, seq);
        if (record != NULL && record->id != NOBODY &&
            !is_member_at(j, record->from, conversation, seq))
            FIND(j, "%s: seq %lld, \"%s\", is of %s, who was no member",
                 conversation_name(j, conversation), (long long)seq, id_text(j, record->id),
                 user_name(j, record->from));
    }
}

void judge_members(struct judge *j)
{
    size_t n = j->c->conversations.n * j->c->users.n;

    j->memberships = mem_zalloc((n + 1) * sizeof *j->memberships);
    learn_start(j);
    learn_records(j);
    learn_changes(j);
    for (size_t i = 0; i < n; i++)
        judge_changes(j, (int)(i % j->c->users.n), (int)(i / j->c->users.n));
    for (size_t i = 0; i < j->c->conversations.n; i++)
        judge_speakers(j, (int)i);
}

void judge_members_fini(struct judge *j)
{
    for (size_t i = 0; i < j->c->conversations.n * j->c->users.n; i++) {
        free(j->memberships[i].intervals);
        free(j->memberships[i].changes);
    }
    free(j->memberships);
}
