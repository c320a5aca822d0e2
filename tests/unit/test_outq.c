#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ws/outq.h"

static void push_text(struct outq *q, const char *text)
{
    outq_push(q, frame_text(str_of(text)));
}

/* Empty, and without memory. */
static void expect_nothing_held(const struct outq *q)
{
    assert_true(outq_is_empty(q));
    assert_int_equal(q->bytes, 0);
    assert_int_equal(q->offset, 0);
    assert_int_equal(q->cap, 0);
    assert_null(q->ring);
}

static void an_empty_queue_gives_nothing(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[8];
    assert_int_equal(outq_gather(&q, to, sizeof to), 0);
    assert_int_equal(outq_gather(&q, to, 0), 0);
    outq_clear(&q);
    expect_nothing_held(&q);
}

static void frames_are_gathered_in_order_into_one_piece(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[64];
    push_text(&q, "one");
    push_text(&q, "two");
    push_text(&q, "");
    assert_false(outq_is_empty(&q));
    assert_int_equal(q.bytes, 12);
    assert_int_equal(outq_gather(&q, to, sizeof to), 12);
    assert_memory_equal(to, "\x81\x03one\x81\x03two\x81\x00", 12);
    expect_nothing_held(&q);
}

static void gathering_no_bytes_takes_none(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[1];
    push_text(&q, "one");
    assert_int_equal(outq_gather(&q, to, 0), 0);
    assert_int_equal(q.bytes, 5);
    outq_clear(&q);
}

/* The same frames gathered with every limit. */
#define WIRE "\x81\x03one\x81\x00\x81\x05three"
#define WIRE_N (sizeof WIRE - 1)

static void fill(struct outq *q)
{
    push_text(q, "one");
    push_text(q, "");
    push_text(q, "three");
    assert_int_equal(q->bytes, WIRE_N);
}

static const size_t ENDS[] = {5, 7, WIRE_N}; /* of the frames */

/* How much a gather with this limit takes: what ends within it, or all of it from the first frame
 * alone. */
static size_t expected_part(size_t at, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < 3; i++)
        if (ENDS[i] > at && ENDS[i] - at <= cap)
            n = ENDS[i] - at;
    return n > 0 || at == WIRE_N ? n : cap;
}

static void only_whole_frames_are_gathered(void **state)
{
    (void)state;
    for (size_t cap = 5; cap <= WIRE_N + 1; cap++) {
        struct outq q = {0};
        unsigned char to[WIRE_N + 1];
        fill(&q);
        size_t n = cap < 7 ? 5 : cap < WIRE_N ? 7 : WIRE_N;
        assert_int_equal(outq_gather(&q, to, cap), n);
        assert_memory_equal(to, WIRE, n);
        assert_int_equal(q.bytes, WIRE_N - n);
        assert_false(outq_is_begun(&q));
        outq_clear(&q);
    }
}

static void a_frame_longer_than_the_limit_goes_alone(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[8];
    push_text(&q, "one");
    push_text(&q, "longer than eight");
    push_text(&q, "two");
    assert_int_equal(outq_gather(&q, to, sizeof to), 5); /* not begun behind another */
    assert_false(outq_is_begun(&q));
    assert_int_equal(outq_gather(&q, to, sizeof to), 8);
    assert_true(outq_is_begun(&q));
    assert_int_equal(outq_gather(&q, to, sizeof to), 8);
    assert_true(outq_is_begun(&q));
    assert_int_equal(outq_gather(&q, to, sizeof to), 8); /* its last 3 bytes, and "two" */
    assert_memory_equal(to, "ght\x81\x03two", 8);
    expect_nothing_held(&q);
}

static void steps_of_any_size_give_the_same_bytes(void **state)
{
    (void)state;
    for (size_t step = 1; step <= WIRE_N + 1; step++) {
        struct outq q = {0};
        unsigned char to[WIRE_N];
        size_t n = 0;
        fill(&q);
        while (!outq_is_empty(&q)) {
            size_t room = step < WIRE_N - n ? step : WIRE_N - n;
            size_t part = expected_part(n, room);
            assert_int_equal(outq_gather(&q, to + n, room), part);
            n += part;
            assert_int_equal(q.bytes, WIRE_N - n);
            assert_int_equal(outq_is_begun(&q), n != ENDS[0] && n != ENDS[1] && n != ENDS[2]);
        }
        assert_memory_equal(to, WIRE, WIRE_N);
        expect_nothing_held(&q);
    }
}

static void a_reference_goes_when_its_frame_is_written_to_the_end(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[16];
    struct frame *shared = frame_text(STR("abc"));
    outq_push(&q, frame_ref(shared));
    outq_push(&q, frame_ref(shared));
    assert_int_equal(shared->refs, 3);
    assert_int_equal(outq_gather(&q, to, 4), 4);
    assert_int_equal(shared->refs, 3);
    assert_int_equal(outq_gather(&q, to, 1), 1);
    assert_int_equal(shared->refs, 2);
    assert_int_equal(outq_gather(&q, to, sizeof to), 5);
    assert_int_equal(shared->refs, 1);
    frame_unref(shared);
}

static void clearing_gives_all_references_back(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[3];
    struct frame *shared = frame_text(STR("abc"));
    for (int i = 0; i < 20; i++)
        outq_push(&q, frame_ref(shared));
    assert_int_equal(outq_gather(&q, to, sizeof to), sizeof to); /* the first is cut */
    outq_clear(&q);
    expect_nothing_held(&q);
    assert_int_equal(shared->refs, 1);
    outq_push(&q, frame_ref(shared)); /* from its first byte, although the last one was cut */
    assert_int_equal(outq_gather(&q, to, sizeof to), sizeof to);
    assert_memory_equal(to,
                        "\x81\x03"
                        "a",
                        sizeof to);
    outq_clear(&q);
    frame_unref(shared);
}

/* Pushing more than is taken, the ring goes round and grows while its head is anywhere. */
static void the_order_holds_while_the_ring_turns_and_grows(void **state)
{
    (void)state;
    struct outq q = {0};
    unsigned char to[4 * 3];
    unsigned next_in = 0;
    unsigned next_out = 0;
    size_t bytes = 0;
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 3 + round % 2; i++, next_in++, bytes += 4)
            outq_push(&q, frame_text(str_from((char[]){(char)(next_in >> 8), (char)next_in}, 2)));
        size_t n = outq_gather(&q, to, sizeof to);
        assert_int_equal(n, sizeof to);
        bytes -= n;
        assert_int_equal(q.bytes, bytes);
        assert_int_equal(q.n, next_in - next_out - 3);
        for (size_t at = 0; at < n; at += 4, next_out++)
            assert_int_equal(to[at + 2] << 8 | to[at + 3], next_out & 0xffff);
    }
    assert_int_equal(q.n, 1000);
    outq_clear(&q);
    expect_nothing_held(&q);
}

static void a_frame_larger_than_the_piece_takes_several(void **state)
{
    (void)state;
    static char big[70000];
    static unsigned char to[sizeof big + 10];
    struct outq q = {0};
    size_t n = 0;
    memset(big, 'b', sizeof big);
    outq_push(&q, frame_text(str_from(big, sizeof big)));
    assert_int_equal(q.bytes, sizeof to);
    while (!outq_is_empty(&q))
        n += outq_gather(&q, to + n, 16384 < sizeof to - n ? 16384 : sizeof to - n);
    assert_int_equal(n, sizeof to);
    assert_memory_equal(to + 10, big, sizeof big);
    expect_nothing_held(&q);
}

static void what_was_held_follows_what_is_there(void **state)
{
    (void)state;
    struct outq q = {0};
    struct outq held = {0};
    unsigned char to[256];
    char text[4];

    for (int i = 0; i < 30; i++) {
        (void)snprintf(text, sizeof text, "%02d", i);
        push_text(i < 10 ? &q : &held, text);
        if (i == 20) { /* its ring has turned */
            (void)outq_gather(&held, to, 8);
            push_text(&held, "x1");
        }
    }
    size_t bytes = q.bytes + held.bytes;
    outq_append(&q, &held);
    expect_nothing_held(&held);
    assert_int_equal(q.bytes, bytes);
    assert_int_equal(outq_gather(&q, to, sizeof to), bytes);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(to[i * 4 + 3], '0' + i);
    assert_memory_equal(to + 42, "12", 2); /* 10 and 11 were gathered before */
    outq_append(&q, &held);
    expect_nothing_held(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_queue_gives_nothing),
        cmocka_unit_test(frames_are_gathered_in_order_into_one_piece),
        cmocka_unit_test(gathering_no_bytes_takes_none),
        cmocka_unit_test(only_whole_frames_are_gathered),
        cmocka_unit_test(a_frame_longer_than_the_limit_goes_alone),
        cmocka_unit_test(steps_of_any_size_give_the_same_bytes),
        cmocka_unit_test(a_reference_goes_when_its_frame_is_written_to_the_end),
        cmocka_unit_test(clearing_gives_all_references_back),
        cmocka_unit_test(the_order_holds_while_the_ring_turns_and_grows),
        cmocka_unit_test(a_frame_larger_than_the_piece_takes_several),
        cmocka_unit_test(what_was_held_follows_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
