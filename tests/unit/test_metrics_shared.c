/* Metrics of several processes, shown by any of them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/metrics.h"

enum { WORKERS = 2 };

static struct metric stored = {.name = "t_messages_total",
                               .labels = "outcome=\"stored\"",
                               .help = "Messages.",
                               .kind = METRIC_COUNTER};
static struct metric refused = {.name = "t_messages_total",
                                .labels = "outcome=\"refused\"",
                                .help = "Messages.",
                                .kind = METRIC_COUNTER};
static struct metric open_now = {.name = "t_open", .help = "Open now.", .kind = METRIC_GAUGE};
static struct histogram took = {.name = "t_seconds", .help = "Took."};

/* A worker that counts, and then only lives. */
static pid_t start(size_t slot, int64_t n)
{
    int counted[2];
    char byte;

    assert_int_equal(pipe(counted), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        metrics_count_in(slot);
        metric_add(&stored, n);
        metric_set(&open_now, n);
        histogram_observe_us(&took, 150 * n);
        (void)!write(counted[1], "x", 1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(counted[0], &byte, 1), 1);
    (void)close(counted[0]);
    (void)close(counted[1]);
    return pid;
}

static void end(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void assert_shown(bool wanted, const char *part)
{
    struct buf out = {0};

    metrics_render(&out);
    if ((strstr(buf_cstr(&out), part) != NULL) != wanted)
        fail_msg("%s\n%s\nin\n%s", wanted ? "no" : "there is", part, buf_cstr(&out));
    buf_fini(&out);
}

static void all_are_shown_by_name_and_worker(void **state)
{
    pid_t a = start(0, 5);
    pid_t b = start(1, 7);

    assert_shown(true, "# HELP t_messages_total Messages.\n# TYPE t_messages_total counter\n"
                       "t_messages_total{worker=\"0\",outcome=\"stored\"} 5\n"
                       "t_messages_total{worker=\"1\",outcome=\"stored\"} 7\n"
                       "t_messages_total{worker=\"0\",outcome=\"refused\"} 0\n"
                       "t_messages_total{worker=\"1\",outcome=\"refused\"} 0\n"
                       "# HELP t_open Open now.\n# TYPE t_open gauge\n"
                       "t_open{worker=\"0\"} 5\nt_open{worker=\"1\"} 7\n");
    assert_shown(true, "t_seconds_bucket{worker=\"0\",le=\"0.0004\"} 0\n");
    assert_shown(true, "t_seconds_bucket{worker=\"0\",le=\"0.0008\"} 1\n");
    assert_shown(true, "t_seconds_sum{worker=\"0\"} 0.000750\nt_seconds_count{worker=\"0\"} 1\n"
                       "t_seconds_bucket{worker=\"1\",le=\"0.0001\"} 0\n");
    end(a);
    end(b);
    (void)state;
}

static void each_process_is_shown_while_it_lives(void **state)
{
    pid_t a = start(0, 1);
    pid_t b = start(1, 1);

    for (int i = 0; i < 2; i++) {
        static const char *const NAMES[] = {
            "process_cpu_seconds_total", "process_start_time_seconds",
            "process_resident_memory_bytes", "process_max_fds", "process_open_fds"};
        for (size_t k = 0; k < sizeof NAMES / sizeof NAMES[0]; k++) {
            char line[80];
            (void)snprintf(line, sizeof line, "\n%s{worker=\"%d\"} ", NAMES[k], i);
            assert_shown(true, line);
        }
    }
    end(b);
    metrics_clear(1);
    assert_shown(true, "\nprocess_open_fds{worker=\"0\"} ");
    assert_shown(false, "\nprocess_open_fds{worker=\"1\"} ");
    end(a);
    (void)state;
}

static void what_has_ended_counts_no_more(void **state)
{
    pid_t a = start(1, 9);

    end(a);
    assert_shown(true, "t_messages_total{worker=\"1\",outcome=\"stored\"} 9\n");
    metrics_clear(1);
    assert_shown(true, "t_messages_total{worker=\"1\",outcome=\"stored\"} 0\n");
    assert_shown(true, "t_seconds_count{worker=\"1\"} 0\n");
    a = start(1, 2);
    assert_shown(true, "t_messages_total{worker=\"1\",outcome=\"stored\"} 2\n");
    end(a);
    (void)state;
}

static void the_supervisor_sets_what_the_worker_cannot(void **state)
{
    metrics_set_in(0, &open_now, 3);
    metrics_set_in(1, &open_now, 4);
    assert_shown(true, "t_open{worker=\"0\"} 3\nt_open{worker=\"1\"} 4\n");
    (void)state;
}

static int share(void **state)
{
    metric_register(&stored);
    metric_register(&refused);
    metric_register(&open_now);
    histogram_register(&took);
    (void)state;
    return metrics_share(WORKERS) ? 0 : -1;
}

static int clear(void **state)
{
    for (size_t i = 0; i < WORKERS; i++)
        metrics_clear(i);
    (void)state;
    return 0;
}

#define CASE(function) cmocka_unit_test_setup(function, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_are_shown_by_name_and_worker),
        CASE(each_process_is_shown_while_it_lives),
        CASE(what_has_ended_counts_no_more),
        CASE(the_supervisor_sets_what_the_worker_cannot),
    };
    return cmocka_run_group_tests(tests, share, NULL);
}
