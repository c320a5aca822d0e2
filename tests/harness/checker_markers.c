/* Markers, unread counts and typing: 8. */
#include <stdlib.h>

#include "base/mem.h"
#include "checker_data.h"

/* Of one user in one conversation, at one moment. */
struct history {
    const struct judge *j;
    int conversation;
    int user;
    bool *read; /* [seq]: somebody has moved the marker there */
    bool *received;
    const struct mark **known; /* that the marker is at least there */
    size_t known_n;
    const struct mark *typed; /* the first time; NULL: never */
};

static const char *where(const struct history *h)
{
    return conversation_name(h->j, h->conversation);
}

static const char *whose(const struct history *h)
{
    return user_name(h->j, h->user);
}

static int64_t top_of(const struct history *h)
{
    return h->j->truths[h->conversation].top;
}

static void learn(struct history *h, const struct mark *m)
{
    if (m->read > 0 && (h->known_n == 0 || h->known[h->known_n - 1]->read < m->read))
        h->known[h->known_n++] = m;
}

/* Where the marker was for certain at that moment. */
static int64_t known_at(const struct history *h, int64_t moment)
{
    for (size_t i = h->known_n; i > 0; i--)
        if (h->known[i - 1]->at <= moment)
            return h->known[i - 1]->read;
    return 0;
}

static void on_moved(struct history *h, const struct mark *m)
{
    if (m->received > top_of(h))
        return;
    if (m->read > 0)
        h->read[m->read] = true;
    h->received[m->received] = true;
}

static void on_receipt(struct judge *j, struct history *h, const struct mark *m)
{
    learn(h, m);
    if (m->connection == NOBODY)
        return; /* an ack */
    if (m->read > top_of(h) || (m->read > 0 && !h->read[m->read]))
        FIND_AT(j, m->at, "%s: a receipt says that %s has read %lld, who has not", where(h),
                whose(h), (long long)m->read);
    if (m->received > top_of(h) || (m->received > 0 && !h->received[m->received]))
        FIND_AT(j, m->at, "%s: a receipt says that %s has received %lld, who has not", where(h),
                whose(h), (long long)m->received);
}

/* By reading, by writing, or by joining. */
static bool has_cause(const struct history *h, int64_t read)
{
    const struct record_read *record = record_at(h->j, h->conversation, read);

    if (read == 0 || (read <= top_of(h) && h->read[read]))
        return true;
    return record != NULL &&
           (record->id != NOBODY ? record->from == h->user : record->action == ACTION_JOINED);
}

static void on_view(struct judge *j, struct history *h, const struct mark *m)
{
    const struct checker_view *v = &m->view;
    int64_t unread = v->seq > v->read ? v->seq - v->read : 0;
    int64_t known = known_at(h, m->asked_at);

    if (is_certainly_out(j, h->user, h->conversation, m->asked_at, m->at))
        FIND_AT(j, m->at, "%s: is on the list of %s, who is no member", where(h), whose(h));
    if (v->unread != unread)
        FIND_AT(j, m->at, "%s: %s has read %lld of %lld, but %lld are unread", where(h), whose(h),
                (long long)v->read, (long long)v->seq, (long long)v->unread);
    if (v->read < known)
        FIND_AT(j, m->at, "%s: %s had read %lld, and now only %lld", where(h), whose(h),
                (long long)known, (long long)v->read);
    if (!has_cause(h, v->read))
        FIND_AT(j, m->at, "%s: %s is said to have read %lld, without a cause", where(h), whose(h),
                (long long)v->read);
    learn(h, m);
}

/* Who typed while they were out may have been heard when they were in. */
static void on_typing(struct judge *j, const struct history *h, const struct mark *m)
{
    if (h->typed == NULL || is_certainly_out(j, h->user, h->conversation, h->typed->at, m->at))
        FIND_AT(j, m->at, "%s: %s is said to be typing, who is not", where(h), whose(h));
}

static void on_mark(struct judge *j, struct history *h, const struct mark *m)
{
    switch (m->kind) {
    case MARK_MOVED: on_moved(h, m); break;
    case MARK_RECEIPT: on_receipt(j, h, m); break;
    case MARK_VIEW: on_view(j, h, m); break;
    case MARK_TYPED: h->typed = h->typed ? h->typed : m; break;
    case MARK_TYPING: on_typing(j, h, m); break;
    }
}

/* --- all of them ------------------------------------------------------------------------------- */

static bool same_marker(const struct mark *a, const struct mark *b)
{
    return a->conversation == b->conversation && a->user == b->user;
}

static int by_marker(const void *left, const void *right)
{
    const struct mark *a = *(const struct mark *const *)left;
    const struct mark *b = *(const struct mark *const *)right;

    if (a->conversation != b->conversation)
        return a->conversation < b->conversation ? -1 : 1;
    if (a->user != b->user)
        return a->user < b->user ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int by_hearer(const void *left, const void *right)
{
    const struct mark *a = *(const struct mark *const *)left;
    const struct mark *b = *(const struct mark *const *)right;

    if (a->connection != b->connection)
        return a->connection < b->connection ? -1 : 1;
    return by_marker(left, right);
}

static void judge_marker(struct judge *j, const struct mark **marks, size_t n)
{
    const struct mark *m = marks[0];
    size_t places = (size_t)j->truths[m->conversation].top + 1;
    struct history h = {.j = j,
                        .conversation = m->conversation,
                        .user = m->user,
                        .read = mem_zalloc(places),
                        .received = mem_zalloc(places),
                        .known = mem_array(NULL, n, sizeof *h.known)};

    for (size_t i = 0; i < n; i++)
        on_mark(j, &h, marks[i]);
    free(h.read);
    free(h.received);
    free(h.known);
}

/* On one connection the receipts of one user ascend. (What was received is forgotten when a member
 * leaves.) */
static void judge_ascent(struct judge *j, const struct mark **marks, size_t n)
{
    const struct mark *m = marks[0];
    bool stays = !comes_and_goes(j, m->user, m->conversation);
    int64_t read = 0;
    int64_t received = 0;

    for (size_t i = 0; i < n; i++) {
        m = marks[i];
        if (m->kind != MARK_RECEIPT || m->connection == NOBODY)
            continue;
        if ((m->read > 0 && m->read <= read) ||
            (stays && m->received > 0 && m->received <= received))
            FIND_AT(j, m->at, "%s: %s had read %lld and received %lld, then came %lld and %lld",
                    conversation_name(j, m->conversation), user_name(j, m->user), (long long)read,
                    (long long)received, (long long)m->read, (long long)m->received);
        read = m->read > read ? m->read : read;
        received = m->received > received ? m->received : received;
    }
}

typedef void judge_group_fn(struct judge *j, const struct mark **marks, size_t n);

static void judge_groups(struct judge *j, const struct mark **marks, size_t n, bool by_connection,
                         judge_group_fn *judge_group)
{
    qsort(marks, n, sizeof *marks, by_connection ? by_hearer : by_marker);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && same_marker(marks[from], marks[to]) &&
                            (!by_connection || marks[from]->connection == marks[to]->connection);
             to++)
            ;
        judge_group(j, marks + from, to - from);
    }
}

void judge_marks(struct judge *j)
{
    size_t n = j->c->marks.n;
    const struct mark **marks = mem_array(NULL, n + 1, sizeof *marks);

    for (size_t i = 0; i < n; i++)
        marks[i] = &j->c->marks.items[i];
    judge_groups(j, marks, n, false, judge_marker);
    judge_groups(j, marks, n, true, judge_ascent);
    free(marks);
}
