/* The supervisor with workers that do next to nothing. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/listening.h"
#include "daemon/workers.h"

#define STARTS_MAX 64
#define FAILED 3
#define PATIENCE_MS 30000

#define WAIT_UNTIL(condition)                                                                      \
    do {                                                                                           \
        const int64_t deadline_ = clock_mono_ms() + PATIENCE_MS;                                   \
        while (!(condition)) {                                                                     \
            if (clock_mono_ms() > deadline_)                                                       \
                fail_msg("waited in vain for: %s", #condition);                                    \
            (void)usleep(1000);                                                                    \
        }                                                                                          \
    } while (0)

/* What the workers leave for the test to see. */
static struct {
    atomic_int starts;
    atomic_int ready;
    atomic_int told_to_end;
    struct {
        _Atomic pid_t pid;
        atomic_int port;
        atomic_int listening; /* sockets it has */
        atomic_int is_muted;  /* SIGTERM waits until it can hear it */
    } start[STARTS_MAX];      /* in their order */
} * stage;

/* ---- workers ---- */

static int listening_sockets(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++) {
        int listens = 0;
        socklen_t size = sizeof listens;
        n += getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
    }
    return n;
}

static int appear(int listen_fd)
{
    int i = atomic_fetch_add(&stage->starts, 1);
    sigset_t mask;

    if (i >= STARTS_MAX)
        abort();
    (void)sigprocmask(SIG_SETMASK, NULL, &mask);
    atomic_store(&stage->start[i].is_muted, sigismember(&mask, SIGTERM) != 0);
    atomic_store(&stage->start[i].listening, listening_sockets());
    atomic_store(&stage->start[i].port, listening_port(listen_fd));
    atomic_store(&stage->start[i].pid, getpid());
    return i;
}

static void be_ready(void)
{
    workers_tell_ready();
    atomic_fetch_add(&stage->ready, 1);
}

static int until_told_to_end(int status)
{
    sigset_t set;
    int number;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigwait(&set, &number);
    atomic_fetch_add(&stage->told_to_end, 1);
    return status;
}

static int good(const void *context, int listen_fd)
{
    (void)context;
    (void)appear(listen_fd);
    be_ready();
    return until_told_to_end(EXIT_SUCCESS);
}

static int fails_at_the_end(const void *context, int listen_fd)
{
    (void)context;
    (void)appear(listen_fd);
    be_ready();
    return until_told_to_end(FAILED);
}

static int dies_at_the_end(const void *context, int listen_fd)
{
    int status = good(context, listen_fd);

    (void)raise(SIGKILL);
    return status;
}

static int fails_at_once(const void *context, int listen_fd)
{
    (void)context;
    (void)appear(listen_fd);
    return FAILED;
}

/* Not the first; the next three do, once that is ready. */
static int fails_three_times(const void *context, int listen_fd)
{
    int i = appear(listen_fd);

    (void)context;
    if (i == 0 || i > 3) {
        be_ready();
        return until_told_to_end(EXIT_SUCCESS);
    }
    while (atomic_load(&stage->ready) == 0)
        (void)usleep(1000);
    return FAILED;
}

static int is_deaf(const void *context, int listen_fd)
{
    (void)context;
    (void)appear(listen_fd);
    be_ready();
    (void)pause(); /* SIGTERM stays blocked */
    return EXIT_SUCCESS;
}

static int ends_by_itself(const void *context, int listen_fd)
{
    (void)context;
    (void)appear(listen_fd);
    be_ready();
    return EXIT_SUCCESS;
}

/* ---- the daemon ---- */

static pid_t begin(worker_fn *work, int64_t count)
{
    struct daemon_settings settings = {.listen = "127.0.0.1"};
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        exit(workers_run(&settings, count, work, NULL));
    }
    return pid;
}

static bool has_ended(pid_t pid, int *status_out)
{
    return waitpid(pid, status_out, WNOHANG) == pid;
}

static int status_of(pid_t daemon)
{
    int status = 0;

    WAIT_UNTIL(has_ended(daemon, &status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int terminate(pid_t daemon)
{
    assert_int_equal(kill(daemon, SIGTERM), 0);
    return status_of(daemon);
}

static pid_t begin_and_wait(worker_fn *work, int64_t count)
{
    pid_t daemon = begin(work, count);

    WAIT_UNTIL(atomic_load(&stage->ready) == count);
    return daemon;
}

/* ---- cases ---- */

static void one_worker_is_the_daemon_itself(void **state)
{
    pid_t daemon = begin(fails_at_once, 1);

    assert_int_equal(status_of(daemon), FAILED);
    assert_int_equal(stage->start[0].pid, daemon);
    assert_int_equal(stage->starts, 1);
    assert_true(stage->start[0].is_muted);
    (void)state;
}

static void each_has_one_socket_and_all_one_port(void **state)
{
    pid_t daemon = begin_and_wait(good, 3);

    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(stage->start[i].pid, daemon);
        assert_int_equal(stage->start[i].listening, 1);
        assert_int_equal(stage->start[i].port, stage->start[0].port);
        assert_true(stage->start[i].is_muted);
    }
    assert_int_equal(terminate(daemon), 0);
    assert_int_equal(stage->told_to_end, 3);
    (void)state;
}

static void a_killed_worker_is_started_again(void **state)
{
    pid_t daemon = begin_and_wait(good, 2);

    assert_int_equal(kill(stage->start[1].pid, SIGKILL), 0);
    WAIT_UNTIL(atomic_load(&stage->ready) == 3);
    assert_int_equal(stage->start[2].port, stage->start[1].port);
    assert_int_equal(stage->start[2].listening, 1);
    assert_int_equal(terminate(daemon), 0);
    assert_int_equal(stage->told_to_end, 2);
    (void)state;
}

/* Sooner or later SIGTERM comes while none runs, and both wait for their time. */
static void one_that_ends_by_itself_is_started_again(void **state)
{
    pid_t daemon = begin(ends_by_itself, 2);

    WAIT_UNTIL(atomic_load(&stage->ready) >= 6);
    assert_int_equal(terminate(daemon), 0);
    (void)state;
}

static void one_that_fails_before_any_was_ready_ends_the_daemon(void **state)
{
    pid_t daemon = begin(fails_at_once, 2);

    assert_int_equal(status_of(daemon), FAILED);
    assert_true(stage->starts <= 2);
    (void)state;
}

static void one_that_fails_later_is_started_again_and_again(void **state)
{
    pid_t daemon = begin_and_wait(fails_three_times, 2);

    assert_int_equal(stage->starts, 5);
    assert_int_equal(terminate(daemon), 0);
    assert_int_equal(stage->told_to_end, 2);
    (void)state;
}

static void one_that_drains_badly_is_not_forgotten(void **state)
{
    assert_int_equal(terminate(begin_and_wait(fails_at_the_end, 2)), EXIT_FAILURE);
    (void)state;
}

static void one_that_is_killed_while_draining_is_not_either(void **state)
{
    assert_int_equal(terminate(begin_and_wait(dies_at_the_end, 2)), EXIT_FAILURE);
    assert_int_equal(stage->starts, 2); /* and none takes its place */
    (void)state;
}

static void one_that_does_not_end_is_killed(void **state)
{
    pid_t daemon = begin_and_wait(is_deaf, 2);

    assert_int_equal(terminate(daemon), EXIT_FAILURE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(kill(stage->start[i].pid, 0), -1);
    (void)state;
}

static void interrupting_ends_all_too(void **state)
{
    pid_t daemon = begin_and_wait(good, 2);

    assert_int_equal(kill(daemon, SIGINT), 0);
    assert_int_equal(status_of(daemon), 0);
    (void)state;
}

static void workers_do_not_outlive_a_killed_supervisor(void **state)
{
    pid_t daemon = begin_and_wait(good, 2);

    assert_int_equal(kill(daemon, SIGKILL), 0);
    assert_int_equal(status_of(daemon), 128 + SIGKILL);
    WAIT_UNTIL(atomic_load(&stage->told_to_end) == 2);
    (void)state;
}

static void auto_is_the_cores_that_are_ours(void **state)
{
    cpu_set_t all;
    cpu_set_t one;
    int cpu = 0;

    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    pid_t daemon = begin(fails_at_once, SETTING_WORD);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(status_of(daemon), FAILED);
    assert_int_equal(stage->start[0].pid, daemon); /* one core: no supervisor */
    (void)state;
}

static void who_dies_young_waits_longer_each_time(void **state)
{
    static const int64_t WAITS[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    int64_t wait = 0;

    for (size_t i = 0; i < sizeof WAITS / sizeof WAITS[0]; i++)
        assert_int_equal(wait = workers_back_off_ms(wait, 4999), WAITS[i]);
    assert_int_equal(workers_back_off_ms(wait, 5000), 0);
    assert_int_equal(workers_back_off_ms(0, 60000), 0);
    (void)state;
}

static int clear_stage(void **state)
{
    if (stage == NULL)
        stage =
            mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(stage, 0, sizeof *stage);
    log_setup("test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    (void)state;
    return 0;
}

#define CASE(function) cmocka_unit_test_setup(function, clear_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_worker_is_the_daemon_itself),
        CASE(each_has_one_socket_and_all_one_port),
        CASE(a_killed_worker_is_started_again),
        CASE(one_that_ends_by_itself_is_started_again),
        CASE(one_that_fails_before_any_was_ready_ends_the_daemon),
        CASE(one_that_fails_later_is_started_again_and_again),
        CASE(one_that_drains_badly_is_not_forgotten),
        CASE(one_that_is_killed_while_draining_is_not_either),
        CASE(one_that_does_not_end_is_killed),
        CASE(interrupting_ends_all_too),
        CASE(workers_do_not_outlive_a_killed_supervisor),
        CASE(auto_is_the_cores_that_are_ours),
        CASE(who_dies_young_waits_longer_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
