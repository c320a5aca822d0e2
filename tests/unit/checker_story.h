/* A small vocabulary for the checker's tests: a room, what happens in it, and who sees what. */
#ifndef CHATAPP_UNIT_CHECKER_STORY_H
#define CHATAPP_UNIT_CHECKER_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "checker.h"

#define ROOM "room"
#define STORY_RECORDS_MAX 700

struct story {
    struct checker *c;
    int ann_device;
    int bob_device;
    int ann; /* connections */
    int bob;
    struct checker_record records[STORY_RECORDS_MAX]; /* [seq - 1]: the room's history */
    int64_t top;
};

/* Ann and bob are in the room and connected. */
static inline struct story story_begin(void)
{
    struct story s = {.c = checker_new()};

    s.ann_device = checker_device(s.c, "ann");
    s.bob_device = checker_device(s.c, "bob");
    s.ann = checker_connection(s.c, s.ann_device);
    s.bob = checker_connection(s.c, s.bob_device);
    checker_member(s.c, ROOM, "ann");
    checker_member(s.c, ROOM, "bob");
    return s;
}

/* The next record of the history. */
static inline int64_t adds(struct story *s, const char *id, const char *from, int action)
{
    struct checker_record *r = &s->records[s->top++];

    *r = (struct checker_record){.conversation = ROOM, .seq = s->top, .id = id, .from = from};
    r->action = action;
    return s->top;
}

static inline void sends(struct story *s, int connection, const char *id)
{
    checker_sent(s->c, connection, ROOM, id, 0);
}

/* Sent, stored and acked. */
static inline int64_t says(struct story *s, int connection, const char *id)
{
    int64_t seq = adds(s, id, connection == s->ann ? "ann" : "bob", ACTION_OTHER);

    sends(s, connection, id);
    checker_acked(s->c, connection, id, seq, false);
    return seq;
}

static inline void sees(struct story *s, int connection, int64_t first, int64_t last)
{
    for (int64_t seq = first; seq <= last; seq++)
        checker_saw(s->c, connection, &s->records[seq - 1]);
}

/* What is not in the history, or not so. */
static inline void sees_odd(struct story *s, int connection, int64_t seq, const char *id,
                            const char *from)
{
    checker_saw(s->c, connection, &(struct checker_record){ROOM, seq, id, from, ACTION_OTHER, 0});
}

static inline void reads_some(struct story *s, const char *reader, int64_t first, int64_t last)
{
    checker_reader(s->c, reader, ROOM);
    for (int64_t seq = first; seq <= last; seq++)
        checker_read(s->c, reader, &s->records[seq - 1]);
}

static inline void reads(struct story *s, const char *reader)
{
    reads_some(s, reader, 1, s->top);
}

static inline void both_read(struct story *s)
{
    reads(s, "ann");
    reads(s, "bob");
}

/* The end: so many findings, one of them about this. */
static inline void story_ends(struct story *s, size_t findings, const char *about)
{
    struct buf why = {0};
    size_t n = checker_judge(s->c, &why);

    checker_free(s->c);
    if (n != findings || strstr(buf_cstr(&why), about) == NULL) {
        print_error("%zu findings, expected %zu with \"%s\":\n%s", n, findings, about,
                    buf_cstr(&why));
        fail();
    }
    buf_fini(&why);
}

/* Ann's a1, bob's b1 and ann's a2 are seq 1, 2 and 3; each sees the other's. */
static inline struct story story_exchange(void)
{
    struct story s = story_begin();

    sees(&s, s.bob, 1, says(&s, s.ann, "a1"));
    sees(&s, s.ann, 2, says(&s, s.bob, "b1"));
    sees(&s, s.bob, 3, says(&s, s.ann, "a2"));
    return s;
}

#endif
