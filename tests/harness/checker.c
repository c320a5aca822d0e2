#include "checker.h"

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
    free(c->devices.items);
    free(c->connections.items);
    free(c->spans.items);
    free(c->sent.items);
    free(c->seen.items);
    free(c->readers.items);
    free(c->read.items);
    free(c);
}

int checker_device(struct checker *c, const char *user)
{
    ADD(&c->devices, names_number(&c->users, user));
    return (int)c->devices.n - 1;
}

int checker_connection(struct checker *c, int device)
{
    ADD(&c->connections, device);
    return (int)c->connections.n - 1;
}

void checker_member(struct checker *c, const char *conversation, const char *user, int64_t first,
                    int64_t last)
{
    struct span span = {names_number(&c->conversations, conversation),
                        names_number(&c->users, user), first, last};

    ADD(&c->spans, span);
}

/* By the id's number; ids that were only seen get a place too. */
static struct sent *message(struct checker *c, const char *id)
{
    size_t number = (size_t)names_number(&c->ids, id);

    while (c->sent.n <= number)
        ADD(&c->sent, (struct sent){.device = NOBODY});
    return &c->sent.items[number];
}

void checker_sent(struct checker *c, int connection, const char *conversation, const char *id)
{
    struct sent *m = message(c, id);

    c->now++;
    if (m->attempts++ > 0)
        return;
    m->device = c->connections.items[connection];
    m->connection = connection;
    m->conversation = names_number(&c->conversations, conversation);
    m->sent_at = c->now;
}

static void add_sight(struct checker *c, bool read, int by, const char *conversation, int64_t seq,
                      const char *id, const char *from)
{
    struct sight sight = {by, names_number(&c->conversations, conversation), seq, NOBODY,
                          names_number(&c->users, from)};

    CHECK(seq >= 1);
    if (id != NULL) {
        (void)message(c, id);
        sight.id = names_number(&c->ids, id);
    }
    if (read)
        ADD(&c->read, sight);
    else
        ADD(&c->seen, sight);
}

void checker_acked(struct checker *c, const char *id, int64_t seq)
{
    struct sent *m = message(c, id);

    c->now++;
    if (m->seq == 0) {
        m->seq = seq;
        m->acked_at = c->now;
    } else if (m->seq != seq) {
        m->other_seq = seq;
    }
}

void checker_refused(struct checker *c, const char *id)
{
    c->now++;
    message(c, id)->refused = true;
}

void checker_starts(struct checker *c, int connection, const char *conversation, int64_t seq)
{
    struct sight start = {connection, names_number(&c->conversations, conversation), seq, STARTS,
                          NOBODY};

    c->now++;
    ADD(&c->seen, start);
}

void checker_saw(struct checker *c, int connection, const char *conversation, int64_t seq,
                 const char *id, const char *from)
{
    c->now++;
    add_sight(c, false, connection, conversation, seq, id, from);
}

void checker_reader(struct checker *c, const char *reader, const char *conversation)
{
    struct reader r = {names_number(&c->users, reader),
                       names_number(&c->conversations, conversation)};

    ADD(&c->readers, r);
}

void checker_read(struct checker *c, const char *reader, const char *conversation, int64_t seq,
                  const char *id, const char *from)
{
    add_sight(c, true, names_number(&c->users, reader), conversation, seq, id, from);
}

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
    struct checker_counts counts = {.seen = c->seen.n, .read = c->read.n};

    for (size_t i = 0; i < c->sent.n; i++) {
        const struct sent *m = &c->sent.items[i];
        counts.sent += m->device != NOBODY;
        counts.acked += m->seq > 0;
        counts.unknown += m->device != NOBODY && m->seq == 0 && !m->refused;
    }
    return counts;
}
