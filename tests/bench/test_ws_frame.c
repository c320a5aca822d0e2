#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "ws_frame.h"

static void comes_back(size_t n)
{
    struct buf payload = {0};
    struct buf bytes = {0};
    struct ws_frame frame;

    for (size_t i = 0; i < n; i++)
        buf_add_char(&payload, (char)i);
    ws_frame_add(&bytes, WS_TEXT, buf_view(&payload));
    for (size_t cut = 0; cut < bytes.n; cut += cut < 16 ? 1 : 1009)
        assert_int_equal(ws_frame_next(bytes.p, cut, &frame), 0);
    assert_int_equal(ws_frame_next(bytes.p, bytes.n, &frame), bytes.n);
    assert_true(frame.final);
    assert_int_equal(frame.opcode, WS_TEXT);
    assert_true(str_eq(frame.payload, buf_view(&payload)));
    buf_fini(&bytes);
    buf_fini(&payload);
}

static void a_frame_of_any_length_comes_back(void **state)
{
    (void)state;
    comes_back(0);
    comes_back(125);
    comes_back(126);
    comes_back(65535);
    comes_back(65536);
}

static void a_server_frame_is_read_where_it_lies(void **state)
{
    char bytes[] = "\x81\x02hi\x89\x00";
    struct ws_frame frame;
    (void)state;
    assert_int_equal(ws_frame_next(bytes, 6, &frame), 4);
    assert_ptr_equal(frame.payload.p, bytes + 2);
    assert_int_equal(ws_frame_next(bytes + 4, 2, &frame), 2);
    assert_int_equal(frame.opcode, WS_PING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_of_any_length_comes_back),
        cmocka_unit_test(a_server_frame_is_read_where_it_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
