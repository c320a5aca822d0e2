#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/listening.h"

enum { N = 4 };

static int *opened(int port, size_t n)
{
    static int fds[2][N];
    static int next;
    int *to = fds[next++ % 2];
    struct buf why = {0};

    if (listening_open("127.0.0.1", port, to, n, &why) != OK)
        fail_msg("%s", buf_cstr(&why));
    buf_fini(&why);
    return to;
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(close(fds[i]), 0);
}

static void assert_refused(const char *address, int port, size_t n, const char *setting)
{
    int fds[N];
    struct buf why = {0};

    assert_int_equal(listening_open(address, port, fds, n, &why), ERR_IO);
    if (strncmp(buf_cstr(&why), setting, strlen(setting)) != 0)
        fail_msg("not about %s: %s", setting, buf_cstr(&why));
    buf_fini(&why);
}

static void several_share_a_port_that_was_free(void **state)
{
    int *fds = opened(0, N);
    int port = listening_port(fds[0]);

    assert_true(port > 0);
    for (int i = 1; i < N; i++) {
        assert_int_not_equal(fds[i], fds[0]);
        assert_int_equal(listening_port(fds[i]), port);
    }
    close_all(fds, N);
    fds = opened(port, N); /* free again */
    assert_int_equal(listening_port(fds[0]), port);
    close_all(fds, N);
    (void)state;
}

static void a_port_in_use_is_refused_however_many_share_it(void **state)
{
    for (size_t mine = 1; mine <= N; mine += N - 1)
        for (size_t other = 1; other <= N; other += N - 1) {
            int *fds = opened(0, mine);
            int port = listening_port(fds[0]);
            int free_fd = dup(STDIN_FILENO);
            assert_refused("127.0.0.1", port, other, "--port: ");
            int after = dup(STDIN_FILENO);
            assert_int_equal(after, free_fd + 1); /* nothing is left open */
            (void)close(free_fd);
            (void)close(after);
            close_all(fds, mine);
        }
    (void)state;
}

static void an_address_that_is_not_ours_is_refused(void **state)
{
    assert_refused("192.0.2.1", 0, 1, "--port: "); /* RFC 5737: nobody's */
    assert_refused("192.0.2.1", 0, N, "--port: ");
    (void)state;
}

static void a_name_that_is_no_address_is_refused(void **state)
{
    assert_refused("no address", 0, 1, "--listen: ");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_share_a_port_that_was_free),
        cmocka_unit_test(a_port_in_use_is_refused_however_many_share_it),
        cmocka_unit_test(an_address_that_is_not_ours_is_refused),
        cmocka_unit_test(a_name_that_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
