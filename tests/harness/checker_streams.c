/* What came on each connection of each conversation, in its order: 4, 5 and 7. */
#include <stdlib.h>

#include "base/mem.h"
#include "checker_data.h"

#define ANYWHERE (-1)  /* a connection that was not told where it starts */
#define BEHIND_MAX 500 /* a sync must recover what is not further behind */

/* One connection's view of one conversation. */
struct stream {
    const struct judge *j;
    int device;
    int user;
    int connection;
    int conversation;
    bool is_pages;
    int64_t started; /* what was announced; ANYWHERE: nothing */
    bool in_ready;
    int64_t reached;  /* by the frames and acks that come by themselves */
    int64_t asked_at; /* the page */
    bool gone;        /* has seen its user leave, and was not told anything else since */
    bool *has;        /* [seq - 1]: has come on this connection */
    struct {
        bool open;
        bool in_order;
        bool honest;
        int64_t position;
        int64_t at;       /* its run has got to here */
        int64_t repeated; /* the first seq that had come before; 0: none */
        size_t given;
        int64_t asked_at;
        size_t n; /* how many there were */
    } sync;
};

static const char *where(const struct stream *s)
{
    return conversation_name(s->j, s->conversation);
}

static const char *whose(const struct stream *s)
{
    return user_name(s->j, s->user);
}

static int64_t top_of(const struct stream *s)
{
    return s->j->truths[s->conversation].top;
}

/* --- frames that come by themselves ------------------------------------------------------------ */

static void judge_gap(struct judge *j, const struct stream *s, const char *what, int64_t from,
                      int64_t to, int64_t moment)
{
    for (int64_t seq = from + 1; seq < to; seq++)
        if (!s->has[seq - 1]) {
            FIND_AT(j, moment, "%s: a %s of %s goes from seq %lld to %lld without %lld", where(s),
                    what, whose(s), (long long)from, (long long)to, (long long)seq);
            return; /* one tells enough */
        }
}

/* A frame, or the ack of an own message, takes the next place. */
static void judge_next(struct judge *j, struct stream *s, int64_t seq, int64_t moment)
{
    if (s->reached != ANYWHERE && seq <= s->reached)
        FIND_AT(j, moment, "%s: a connection of %s has seen seq %lld after %lld%s", where(s),
                whose(s), (long long)seq, (long long)s->reached,
                s->reached == s->started ? " was announced" : "");
    else if (s->reached != ANYWHERE)
        judge_gap(j, s, "connection", s->reached, seq, moment);
    s->reached = seq;
}

static void judge_ack(struct judge *j, struct stream *s, const struct event *e)
{
    int64_t seq = e->record.seq;

    if (e->yes || seq > top_of(s))
        return; /* a duplicate's may come any time; what is not in the history was found already */
    if (s->started != ANYWHERE)
        judge_next(j, s, seq, e->at);
    s->has[seq - 1] = true;
}

/* --- frames of a sync -------------------------------------------------------------------------- */

static void judge_run(struct judge *j, struct stream *s, int64_t seq, int64_t moment)
{
    judge_gap(j, s, "sync", s->sync.at, seq, moment);
    if (seq <= s->sync.at)
        FIND_AT(j, moment, "%s: a sync of %s gives seq %lld after %lld", where(s), whose(s),
                (long long)seq, (long long)s->sync.at);
    if (s->has[seq - 1] && s->sync.repeated == 0)
        s->sync.repeated = seq;
    s->sync.at = seq;
}

/* --- one thing after the other ----------------------------------------------------------------- */

static void on_starts(struct judge *j, struct stream *s, const struct event *e)
{
    int64_t opened_at = j->c->connections.items[s->connection].opened_at;

    if (s->started == ANYWHERE && is_certainly_out(j, s->user, s->conversation, opened_at, e->at))
        FIND_AT(j, e->at, "%s: %s, who is no member, was told of it", where(s), whose(s));
    s->gone = false;
    s->started = s->reached = e->record.seq;
    s->in_ready = e->yes;
    if (s->sync.open && s->sync.in_order && s->sync.position < s->started)
        s->reached = s->sync.position;
}

/* Is it what the history has, and may the user know it? */
static bool judge_sight(struct judge *j, const struct stream *s, const struct event *e)
{
    const struct record_read *saw = &e->record;
    const struct record_read *record = record_at(j, s->conversation, saw->seq);

    if (!may_read(j, s->user, s->conversation, saw->seq, e->at))
        FIND_AT(j, e->at, "%s: %s has seen seq %lld, which is not theirs", where(s), whose(s),
                (long long)saw->seq);
    if (s->is_pages && is_certainly_out(j, s->user, s->conversation, s->asked_at, e->at))
        FIND_AT(j, e->at, "%s: %s has read seq %lld after leaving", where(s), whose(s),
                (long long)saw->seq);
    if (record != NULL && record->id == saw->id && record->from == saw->from &&
        record->content == saw->content)
        return true;
    FIND_AT(j, e->at, "%s: %s has seen \"%s\" (%08x) as seq %lld, the history has \"%s\" (%08x)",
            where(s), whose(s), id_text(j, saw->id), saw->content, (long long)saw->seq,
            record ? id_text(j, record->id) : "(nothing)", record ? record->content : 0);
    return false;
}

static bool is_leaving(const struct stream *s, const struct record_read *record)
{
    return record->id == NOBODY && record->action == ACTION_LEFT && record->from == s->user;
}

static void on_record(struct judge *j, struct stream *s, const struct event *e, bool *seen)
{
    int64_t seq = e->record.seq;

    if (s->gone && !s->sync.open)
        FIND_AT(j, e->at, "%s: a connection of %s got seq %lld after their leaving", where(s),
                whose(s), (long long)seq);
    if (!judge_sight(j, s, e))
        return;
    bool in_run = s->sync.open && !s->sync.in_order && s->reached != ANYWHERE && seq <= s->reached;
    if (in_run)
        judge_run(j, s, seq, e->at);
    else
        judge_next(j, s, seq, e->at);
    if (s->sync.open && (in_run || s->sync.in_order))
        s->sync.given++;
    s->has[seq - 1] = seen[seq - 1] = true;
    if (!s->is_pages && !in_run && seq > s->started && is_leaving(s, &e->record)) {
        s->gone = true;
        s->started = s->reached = ANYWHERE;
    }
}

static void on_page(struct stream *s, const struct event *e)
{
    s->is_pages = true;
    s->started = ANYWHERE;
    s->reached = e->record.seq;
    s->asked_at = e->asked_at;
}

static void on_sync(struct stream *s, const struct event *e)
{
    s->sync.open = true;
    s->sync.in_order = e->yes;
    s->sync.honest = e->also;
    s->sync.position = s->sync.at = e->record.seq;
    s->sync.repeated = 0;
    s->sync.given = 0;
    s->sync.asked_at = e->at;
    s->sync.n++;
}

/* Is it all there? The own messages sent on this connection have, or will have, their acks. */
static void judge_recovered(struct judge *j, const struct stream *s, const struct event *e)
{
    int64_t upto = e->record.seq;

    for (int64_t seq = s->sync.position + 1; seq <= upto; seq++) {
        const struct record_read *record = record_at(j, s->conversation, seq);
        if ((record == NULL || !s->has[seq - 1]) && !is_own(j, record, s->device)) {
            FIND_AT(j, e->at, "%s: a sync of %s says that all from %lld to %lld came, but not %lld",
                    where(s), whose(s), (long long)s->sync.position, (long long)upto,
                    (long long)seq);
            break;
        }
    }
    if (s->started != ANYWHERE && upto < s->started)
        FIND_AT(j, e->at, "%s: a sync of %s ends at %lld, before the start at %lld", where(s),
                whose(s), (long long)upto, (long long)s->started);
    if (s->sync.repeated != 0 && !e->also && s->sync.n == 1) /* who asks again is told again */
        FIND_AT(j, e->at, "%s: a sync of %s repeats seq %lld", where(s), whose(s),
                (long long)s->sync.repeated);
}

static void judge_not_recovered(struct judge *j, const struct stream *s, const struct event *e)
{
    int64_t upto = e->record.seq;
    bool member = is_certainly_in(j, s->user, s->conversation, s->sync.asked_at, e->at);
    bool expected = s->sync.honest && member && s->started != ANYWHERE && s->in_ready;

    if (s->sync.given > 0 && (member || upto > 0))
        FIND_AT(j, e->at, "%s: a sync of %s is not recovered, but has given %zu", where(s),
                whose(s), s->sync.given);
    if (expected && s->sync.position <= upto && upto - s->sync.position <= BEHIND_MAX)
        FIND_AT(j, e->at, "%s: a sync of %s is not recovered from %lld to %lld", where(s), whose(s),
                (long long)s->sync.position, (long long)upto);
    if (expected && upto == 0 && top_of(s) > 0)
        FIND_AT(j, e->at, "%s: a sync of %s, a member, is answered like a stranger's", where(s),
                whose(s));
}

static void on_sync_end(struct stream *s)
{
    if (s->sync.in_order && s->reached < s->started)
        s->reached = s->started; /* from there on it comes by itself */
    s->sync.open = false;
}

static void on_synced(struct judge *j, struct stream *s, const struct event *e)
{
    if (!s->sync.open)
        FIND_AT(j, e->at, "%s: %s got a `synced` that was not asked for", where(s), whose(s));
    else if (e->yes)
        judge_recovered(j, s, e);
    else
        judge_not_recovered(j, s, e);
    on_sync_end(s);
}

static void on_heard(struct judge *j, const struct stream *s, const struct event *e)
{
    if (s->gone)
        FIND_AT(j, e->at, "%s: a connection of %s hears of it after their leaving", where(s),
                whose(s));
}

static void on_event(struct judge *j, struct stream *s, const struct event *e, bool *seen)
{
    switch (e->kind) {
    case EVENT_STARTS: on_starts(j, s, e); break;
    case EVENT_RECORD: on_record(j, s, e, seen); break;
    case EVENT_ACK: judge_ack(j, s, e); break;
    case EVENT_HEARD: on_heard(j, s, e); break;
    case EVENT_PAGE: on_page(s, e); break;
    case EVENT_SYNC: on_sync(s, e); break;
    case EVENT_SYNCED: on_synced(j, s, e); break;
    case EVENT_SYNC_FAILED: on_sync_end(s); break;
    }
}

/* --- all of them ------------------------------------------------------------------------------- */

static bool same_stream(const struct event *a, const struct event *b)
{
    return a->connection == b->connection && a->conversation == b->conversation;
}

static int by_stream(const void *left, const void *right)
{
    const struct event *a = *(const struct event *const *)left;
    const struct event *b = *(const struct event *const *)right;

    if (a->connection != b->connection)
        return a->connection < b->connection ? -1 : 1;
    if (a->conversation != b->conversation)
        return a->conversation < b->conversation ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* From `first` to before the next stream; returns where that is. `views`: what each device has seen,
 * [device × conversations + conversation][seq - 1]. */
static const struct event **judge_stream(struct judge *j, const struct event **first,
                                         const struct event **end, bool **views)
{
    const struct event *e = *first;
    int device = j->c->connections.items[e->connection].device;
    struct stream s = {.j = j,
                       .device = device,
                       .user = j->c->devices.items[device],
                       .connection = e->connection,
                       .conversation = e->conversation,
                       .started = ANYWHERE,
                       .reached = ANYWHERE};
    bool *seen = views[(size_t)device * j->c->conversations.n + (size_t)e->conversation];

    s.has = mem_zalloc((size_t)top_of(&s) + 1);
    for (; first < end && same_stream(*first, e); first++)
        on_event(j, &s, *first, seen);
    free(s.has);
    return first;
}

static void judge_device(struct judge *j, int device, int conversation, const bool *seen)
{
    int user = j->c->devices.items[device];

    if (!is_member_in_the_end(j, user, conversation))
        return; /* what was said until they left may never have reached them */
    for (int64_t seq = 1; seq <= j->truths[conversation].top; seq++)
        if (!seen[seq - 1] && !is_own(j, record_at(j, conversation, seq), device) &&
            is_member_at(j, user, conversation, seq))
            FIND(j, "%s: a device of %s has never seen seq %lld",
                 conversation_name(j, conversation), user_name(j, user), (long long)seq);
}

void judge_streams(struct judge *j)
{
    size_t n = j->c->events.n;
    size_t n_conversations = j->c->conversations.n;
    size_t pairs = j->c->devices.n * n_conversations;
    const struct event **events = mem_array(NULL, n + 1, sizeof *events);
    bool **views = mem_zalloc((pairs + 1) * sizeof *views);

    for (size_t i = 0; i < n; i++)
        events[i] = &j->c->events.items[i];
    qsort(events, n, sizeof *events, by_stream);
    for (size_t i = 0; i < pairs; i++)
        views[i] = mem_zalloc((size_t)j->truths[i % n_conversations].top + 1);
    for (const struct event **e = events; e < events + n;)
        e = judge_stream(j, e, events + n, views);
    for (size_t i = 0; i < pairs; i++) {
        judge_device(j, (int)(i / n_conversations), (int)(i % n_conversations), views[i]);
        free(views[i]);
    }
    free(views);
    free(events);
}
