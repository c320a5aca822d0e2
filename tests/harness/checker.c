#include "checker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "checker_data.h"

#define ADD(list, item)                                                                            \
    do {                                                                                           \
        if ((list)->n == (list)->cap) {                                                            \
            (list)->cap = (list)->cap ? (list)->cap * 2 : 64;                                      \
            (list)->items = mem_array((list)->items, (list)->cap, sizeof *(list)->items);          \
        }                                                                                          \
        (list)->items[(list)->n++] = (item);                                                       \
    } while (0)

struct checker *checker_new(void)
{
    return mem_zalloc(sizeof(struct checker));
}

void checker_free(struct checker *c)
{
    names_fini(&c->users);
    names_fini(&c->conversations);
    names_fini(&c->ids);
    for (size_t i = 0; i < c->objections.n; i++)
        free(c->objections.items[i]);
    free(c->objections.items);
    free(c->devices.items);
    free(c->connections.items);
    free(c->sent.items);
    free(c->events.items);
    free(c->members.items);
    free(c->changes.items);
    free(c->marks.items);
    free(c->reaches.items);
    free(c->readers.items);
    free(c->read.items);
    free(c->ticks.items);
    free(c);
}

void checker_clock(struct checker *c, int64_t ms)
{
    struct tick tick = {c->now, ms};

    if (c->ticks.n == 0 || c->ticks.items[c->ticks.n - 1].at < c->now)
        ADD(&c->ticks, tick);
}

int64_t checker_now(const struct checker *c)
{
    return c->now;
}

int checker_device(struct checker *c, const char *user)
{
    ADD(&c->devices, names_number(&c->users, user));
    return (int)c->devices.n - 1;
}

int checker_connection(struct checker *c, int device)
{
    struct connection connection = {device, ++c->now};

    ADD(&c->connections, connection);
    return (int)c->connections.n - 1;
}

static int user_of(const struct checker *c, int connection)
{
    return c->devices.items[c->connections.items[connection].device];
}

void checker_member(struct checker *c, const char *conversation, const char *user)
{
    struct reader member = {names_number(&c->users, user),
                            names_number(&c->conversations, conversation)};

    ADD(&c->members, member);
}

void checker_changes(struct checker *c, const char *conversation, const char *user,
                     enum checker_change kind)
{
    struct change change = {names_number(&c->conversations, conversation),
                            names_number(&c->users, user), kind, ++c->now};

    ADD(&c->changes, change);
}

/* --- messages ---------------------------------------------------------------------------------- */

/* By the id's number; ids that were only seen get a place too. */
static struct sent *message(struct checker *c, const char *id)
{
    size_t number = (size_t)names_number(&c->ids, id);

    while (c->sent.n <= number)
        ADD(&c->sent, (struct sent){.device = NOBODY});
    return &c->sent.items[number];
}

void checker_sent(struct checker *c, int connection, const char *conversation, const char *id,
                  uint32_t content)
{
    struct sent *m = message(c, id);

    c->now++;
    if (m->attempts++ > 0)
        return;
    m->device = c->connections.items[connection].device;
    m->connection = connection;
    m->conversation = names_number(&c->conversations, conversation);
    m->content = content;
    m->sent_at = c->now;
}

static void known_to_reach(struct checker *c, int conversation, int64_t seq)
{
    ADD(&c->reaches, ((struct reach){conversation, seq, c->now, false}));
}

static void add_event(struct checker *c, struct event event)
{
    event.at = ++c->now;
    ADD(&c->events, event);
}

void checker_acked(struct checker *c, int connection, const char *id, int64_t seq, bool duplicate)
{
    struct sent *m = message(c, id);

    add_event(c, (struct event){.connection = connection,
                                .conversation = m->conversation,
                                .kind = EVENT_ACK,
                                .yes = duplicate,
                                .record = {.seq = seq, .id = names_number(&c->ids, id)}});
    known_to_reach(c, m->conversation, seq);
    if (m->seq == 0) { /* who writes has read */
        m->seq = seq;
        m->acked_at = c->now;
        ADD(&c->marks, ((struct mark){.conversation = m->conversation,
                                      .user = user_of(c, connection),
                                      .kind = MARK_RECEIPT,
                                      .connection = NOBODY,
                                      .at = c->now,
                                      .read = seq}));
    } else if (m->seq != seq) {
        m->other_seq = seq;
    }
}

/* An earlier attempt, of unknown outcome, may have been stored: this one tells nothing then. */
void checker_refused(struct checker *c, const char *id)
{
    struct sent *m = message(c, id);

    c->now++;
    m->refused = m->attempts == 1;
}

/* --- what came on the connections -------------------------------------------------------------- */

void checker_starts(struct checker *c, int connection, const char *conversation, int64_t seq,
                    bool in_ready)
{
    add_event(c, (struct event){.connection = connection,
                                .conversation = names_number(&c->conversations, conversation),
                                .kind = EVENT_STARTS,
                                .yes = in_ready,
                                .record = {.seq = seq}});
}

static struct record_read record_of(struct checker *c, const struct checker_record *record)
{
    struct record_read r = {.conversation = names_number(&c->conversations, record->conversation),
                            .seq = record->seq,
                            .id = NOBODY,
                            .from = names_number(&c->users, record->from),
                            .action = record->action,
                            .content = record->content};

    CHECK(record->seq >= 1);
    if (record->id != NULL) {
        (void)message(c, record->id);
        r.id = names_number(&c->ids, record->id);
    }
    return r;
}

void checker_saw(struct checker *c, int connection, const struct checker_record *record)
{
    struct record_read r = record_of(c, record);

    add_event(c, (struct event){.connection = connection,
                                .conversation = r.conversation,
                                .kind = EVENT_RECORD,
                                .record = r});
    known_to_reach(c, r.conversation, r.seq);
}

void checker_heard(struct checker *c, int connection, const char *conversation)
{
    add_event(c, (struct event){.connection = connection,
                                .conversation = names_number(&c->conversations, conversation),
                                .kind = EVENT_HEARD});
}

void checker_page(struct checker *c, int connection, const char *conversation, int64_t seq,
                  int64_t asked_at)
{
    add_event(c, (struct event){.connection = connection,
                                .conversation = names_number(&c->conversations, conversation),
                                .kind = EVENT_PAGE,
                                .asked_at = asked_at,
                                .record = {.seq = seq}});
}

void checker_reaches(struct checker *c, const char *conversation, int64_t seq, int64_t asked_at)
{
    struct reach reach = {names_number(&c->conversations, conversation), seq, asked_at, true};

    ADD(&c->reaches, reach);
}

/* --- sync -------------------------------------------------------------------------------------- */

void checker_sync(struct checker *c, int connection, const struct checker_sync *sync)
{
    add_event(c, (struct event){.connection = connection,
                                .conversation = names_number(&c->conversations, sync->conversation),
                                .kind = EVENT_SYNC,
                                .yes = sync->in_order,
                                .also = sync->honest,
                                .record = {.seq = sync->position}});
}

void checker_synced(struct checker *c, int connection, const char *conversation, bool recovered,
                    int64_t seq, bool repeats)
{
    add_event(c, (struct event){.connection = connection,
                                .conversation = names_number(&c->conversations, conversation),
                                .kind = EVENT_SYNCED,
                                .yes = recovered,
                                .also = repeats,
                                .record = {.seq = seq}});
}

void checker_sync_failed(struct checker *c, int connection, const char *conversation)
{
    add_event(c, (struct event){.connection = connection,
                                .conversation = names_number(&c->conversations, conversation),
                                .kind = EVENT_SYNC_FAILED});
}

/* --- markers and typing ------------------------------------------------------------------------ */

static void add_mark(struct checker *c, const char *conversation, const char *user,
                     struct mark mark)
{
    mark.conversation = names_number(&c->conversations, conversation);
    mark.user = names_number(&c->users, user);
    mark.at = ++c->now;
    ADD(&c->marks, mark);
}

void checker_marks(struct checker *c, const char *conversation, const char *user,
                   enum checker_marker marker, int64_t seq)
{
    add_mark(c, conversation, user,
             (struct mark){.kind = MARK_MOVED,
                           .read = marker == MARKER_READ ? seq : 0,
                           .received = seq}); /* what was read has been received */
}

void checker_receipt(struct checker *c, int connection, const char *conversation, const char *user,
                     int64_t read, int64_t received)
{
    checker_heard(c, connection, conversation);
    add_mark(
        c, conversation, user,
        (struct mark){
            .kind = MARK_RECEIPT, .connection = connection, .read = read, .received = received});
}

void checker_view(struct checker *c, const char *conversation, const char *user,
                  const struct checker_view *view, int64_t asked_at)
{
    add_mark(c, conversation, user,
             (struct mark){.kind = MARK_VIEW,
                           .connection = NOBODY,
                           .asked_at = asked_at,
                           .read = view->read,
                           .view = *view});
}

void checker_types(struct checker *c, const char *conversation, const char *user)
{
    add_mark(c, conversation, user, (struct mark){.kind = MARK_TYPED});
}

void checker_typing(struct checker *c, int connection, const char *conversation, const char *user)
{
    checker_heard(c, connection, conversation);
    add_mark(c, conversation, user, (struct mark){.kind = MARK_TYPING, .connection = connection});
}

/* --- in the end -------------------------------------------------------------------------------- */

void checker_reader(struct checker *c, const char *reader, const char *conversation)
{
    struct reader r = {names_number(&c->users, reader),
                       names_number(&c->conversations, conversation)};

    ADD(&c->readers, r);
}

void checker_read(struct checker *c, const char *reader, const struct checker_record *record)
{
    struct record_read r = record_of(c, record);

    r.by = names_number(&c->users, reader);
    ADD(&c->read, r);
}

void checker_object(struct checker *c, const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ADD(&c->objections, str_dup(str_of(text)));
}
