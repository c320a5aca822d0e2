#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "redis/redis_arena.h"
#include "redis_story.h"

static struct redis_arena arena;
static redisReader *reader;

static int begin(void **state)
{
    (void)state;
    reader = redisReaderCreate();
    redis_arena_attach(&arena, reader);
    return 0;
}

static int end(void **state)
{
    (void)state;
    redisReaderFree(reader);
    redis_arena_fini(&arena);
    return 0;
}

static struct redisReply *next_reply(void)
{
    void *reply = NULL;

    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    return reply;
}

static void feed(str wire)
{
    assert_int_equal(redisReaderFeed(reader, wire.p, wire.n), REDIS_OK);
}

/* As hiredis' own loop does it. */
static void done_with(struct redisReply *reply)
{
    reader->fn->freeObject(reply);
}

static void all_kinds_are_read(void **state)
{
    (void)state;
    feed(STR("*6\r\n:-7\r\n$-1\r\n+OK\r\n$3\r\na\0b\r\n*2\r\n:1\r\n*0\r\n-ERR no\r\n"));
    struct redisReply *r = next_reply();

    assert_int_equal(reply_count(r), 6);
    assert_int_equal(reply_int(reply_at(r, 0)), -7);
    assert_true(reply_is_nil(reply_at(r, 1)));
    assert_true(str_eq(reply_str(reply_at(r, 2)), STR("OK")));
    assert_true(str_eq(reply_str(reply_at(r, 3)), STR("a\0b")));
    assert_int_equal(reply_count(reply_at(r, 4)), 2);
    assert_int_equal(reply_int(reply_at(reply_at(r, 4), 0)), 1);
    assert_int_equal(reply_count(reply_at(reply_at(r, 4), 1)), 0);
    assert_true(reply_is_error(reply_at(r, 5)));
    done_with(r);
    feed(STR("*-1\r\n*0\r\n"));
    r = next_reply();
    assert_true(reply_is_nil(r));
    done_with(r);
    r = next_reply();
    assert_int_equal(reply_count(r), 0);
    done_with(r);
}

static void long_text(struct buf *b, size_t n, char c)
{
    buf_printf(b, "$%zu\r\n", n);
    memset(buf_reserve(b, n), c, n);
    b->n += n;
    buf_add_str(b, STR("\r\n"));
}

/* Many objects, and texts longer than a block, first and in between; in pieces, as they come from a socket. */
static void what_is_long_is_read_in_pieces(void **state)
{
    enum { N = 300, PIECE = 777 };
    struct buf b = {0};

    (void)state;
    for (int round = 0; round < 3; round++) {
        buf_clear(&b);
        buf_printf(&b, "*%d\r\n", N);
        for (int i = 0; i < N; i++)
            long_text(&b, i % 50 == 0 ? 40000 : (size_t)i, (char)('a' + i % 26));
        struct redisReply *r = NULL;
        for (size_t at = 0; at < b.n; at += PIECE) {
            assert_null(r);
            feed(str_from(b.p + at, b.n - at < PIECE ? b.n - at : PIECE));
            r = next_reply();
        }
        assert_int_equal(reply_count(r), N);
        for (int i = 0; i < N; i++) {
            str text = reply_str(reply_at(r, (size_t)i));
            assert_int_equal(text.n, i % 50 == 0 ? 40000 : i);
            for (size_t k = 0; k < text.n; k++)
                assert_int_equal(text.p[k], 'a' + i % 26);
            assert_int_equal(text.p[text.n], '\0');
        }
        done_with(r);
        buf_clear(&b);
        long_text(&b, 100000, 'x');
        feed(buf_view(&b));
        r = next_reply();
        assert_int_equal(reply_str(r).n, 100000);
        done_with(r);
        feed(STR(":5\r\n"));
        r = next_reply();
        assert_int_equal(reply_int(r), 5);
        done_with(r);
    }
    buf_fini(&b);
}

/* The reader gives back what it has of it. */
static void what_is_nonsense_or_never_ends_is_freed(void **state)
{
    void *reply = NULL;

    (void)state;
    feed(STR("*2\r\n$5\r\nhello\r\n?\r\n"));
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_ERR);
    (void)end(NULL);
    (void)begin(NULL);
    feed(STR("*2\r\n$5\r\nhello\r\n$5\r\nhe"));
    assert_null(next_reply());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_kinds_are_read, begin, end),
        cmocka_unit_test_setup_teardown(what_is_long_is_read_in_pieces, begin, end),
        cmocka_unit_test_setup_teardown(what_is_nonsense_or_never_ends_is_freed, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
