#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/metrics.h"

static struct metric stored = {.name = "t_messages_total",
                               .labels = "outcome=\"stored\"",
                               .help = "Messages.",
                               .kind = METRIC_COUNTER};
static struct metric refused = {.name = "t_messages_total",
                                .labels = "outcome=\"refused\"",
                                .help = "Messages.",
                                .kind = METRIC_COUNTER};
static struct metric open_now = {.name = "t_open", .help = "Open now.", .kind = METRIC_GAUGE};
static struct histogram plain = {.name = "t_plain_seconds", .help = "Took."};
static struct histogram get = {
    .name = "t_http_seconds", .labels = "method=\"get\"", .help = "Took."};
static struct histogram put = {
    .name = "t_http_seconds", .labels = "method=\"put\"", .help = "Took."};

static int register_all(void **state)
{
    metric_register(&stored);
    metric_register(&refused);
    metric_register(&open_now);
    histogram_register(&plain);
    histogram_register(&get);
    histogram_register(&put);
    (void)state;
    return 0;
}

static int reset(void **state)
{
    struct histogram *const histograms[] = {&plain, &get, &put};

    metric_set(&stored, 0);
    metric_set(&refused, 0);
    metric_set(&open_now, 0);
    for (size_t h = 0; h < 3; h++) {
        for (size_t i = 0; i <= HISTOGRAM_BUCKETS + 1; i++)
            atomic_store(&metric_cells[histograms[h]->cell + i], 0);
    }
    (void)state;
    return 0;
}

/* Rendered, for the caller to free. */
static char *rendered(void)
{
    struct buf out = {0};
    size_t n;

    metrics_render(&out);
    (void)buf_cstr(&out);
    return buf_take(&out, &n);
}

static void assert_shows(const char *lines)
{
    char *text = rendered();

    if (strstr(text, lines) == NULL)
        fail_msg("no\n%s\nin\n%s", lines, text);
    free(text);
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

static void metrics_of_one_name_are_one_family(void **state)
{
    metric_add(&stored, 2);
    metric_add(&stored, 3);
    metric_add(&refused, 1);
    assert_shows("# HELP t_messages_total Messages.\n# TYPE t_messages_total counter\n"
                 "t_messages_total{outcome=\"stored\"} 5\n"
                 "t_messages_total{outcome=\"refused\"} 1\n"
                 "# HELP t_open Open now.\n# TYPE t_open gauge\nt_open 0\n");
    (void)state;
}

static void a_gauge_goes_up_and_down(void **state)
{
    metric_set(&open_now, 7);
    metric_add(&open_now, -9);
    assert_shows("\nt_open -2\n");
    (void)state;
}

static void buckets_count_what_smaller_ones_do(void **state)
{
    const int64_t observed_us[] = {0, 100, 101, 819200, 819201, 5000000, -3};

    for (size_t i = 0; i < sizeof observed_us / sizeof observed_us[0]; i++)
        histogram_observe_us(&plain, observed_us[i]);
    assert_shows("# HELP t_plain_seconds Took.\n# TYPE t_plain_seconds histogram\n"
                 "t_plain_seconds_bucket{le=\"0.0001\"} 3\n"
                 "t_plain_seconds_bucket{le=\"0.0002\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0004\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0008\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0016\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0032\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0064\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0128\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0256\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.0512\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.1024\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.2048\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.4096\"} 4\n"
                 "t_plain_seconds_bucket{le=\"0.8192\"} 5\n"
                 "t_plain_seconds_bucket{le=\"+Inf\"} 7\n"
                 "t_plain_seconds_sum 6.638602\n"
                 "t_plain_seconds_count 7\n");
    (void)state;
}

static void a_histogram_keeps_its_labels(void **state)
{
    histogram_observe_us(&get, 150);
    histogram_observe_us(&put, 90);
    assert_shows("t_http_seconds_bucket{method=\"get\",le=\"0.0001\"} 0\n"
                 "t_http_seconds_bucket{method=\"get\",le=\"0.0002\"} 1\n");
    assert_shows("t_http_seconds_bucket{method=\"get\",le=\"+Inf\"} 1\n"
                 "t_http_seconds_sum{method=\"get\"} 0.000150\n"
                 "t_http_seconds_count{method=\"get\"} 1\n"
                 "t_http_seconds_bucket{method=\"put\",le=\"0.0001\"} 1\n");
    (void)state;
}

static void help_and_type_come_once_a_name(void **state)
{
    char *text = rendered();

    assert_int_equal(count_of(text, "# HELP t_messages_total "), 1);
    assert_int_equal(count_of(text, "# TYPE t_http_seconds "), 1);
    assert_int_equal(count_of(text, "# HELP "), count_of(text, "# TYPE "));
    free(text);
    (void)state;
}

/* The exposition format 0.0.4, line by line. */
static void every_line_follows_the_format(void **state)
{
    const char *const pattern = "^(# HELP [a-z_]+ .+|# TYPE [a-z_]+ (counter|gauge|histogram)"
                                "|[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? "
                                "-?[0-9]+(\\.[0-9]+)?(e\\+[0-9]+)?)$";
    regex_t regex;
    char *text = rendered();

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (regexec(&regex, line, 0, NULL, 0) != 0)
            fail_msg("%s", line);
    regfree(&regex);
    free(text);
    (void)state;
}

/* The value of a metric without labels. */
static double value_of(const char *name)
{
    struct buf line = {0};
    char *text = rendered();

    buf_printf(&line, "\n%s ", name);
    const char *at = strstr(text, buf_cstr(&line));
    if (at == NULL)
        fail_msg("no %s in\n%s", name, text);
    double value = at != NULL ? strtod(at + line.n, NULL) : 0;
    free(text);
    buf_fini(&line);
    return value;
}

static void the_process_tells_about_itself(void **state)
{
    struct rlimit limit;
    double now = (double)time(NULL);
    double age = now - value_of("process_start_time_seconds");
    double resident = value_of("process_resident_memory_bytes");

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(age > -2 && age < 300);
    assert_true(resident > 100e3 && resident < 100e9);
    assert_true(value_of("process_cpu_seconds_total") >= 0);
    assert_true(value_of("process_max_fds") == (double)limit.rlim_cur);
    (void)state;
}

static void open_files_are_counted(void **state)
{
    double before = value_of("process_open_fds");
    int fd = open("/dev/null", O_RDONLY);

    assert_true(before >= 3);
    assert_true(value_of("process_open_fds") == before + 1);
    (void)close(fd);
    assert_true(value_of("process_open_fds") == before);
    (void)state;
}

static void cpu_time_grows_with_work(void **state)
{
    double before = value_of("process_cpu_seconds_total");

    for (clock_t end = clock() + CLOCKS_PER_SEC / 20; clock() < end;)
        ;
    assert_true(value_of("process_cpu_seconds_total") >= before + 0.04);
    (void)state;
}

static void without_file_descriptors_the_rest_is_still_told(void **state)
{
    struct rlimit limit;
    struct rlimit none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    char *text = rendered();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_non_null(strstr(text, "\nt_open 0\n"));
    assert_non_null(strstr(text, "\nprocess_cpu_seconds_total "));
    assert_null(strstr(text, "process_open_fds"));
    assert_null(strstr(text, "process_resident_memory_bytes"));
    free(text);
    (void)state;
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *count(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(&stored, 1);
        histogram_observe_us(&plain, 100);
    }
    return unused;
}

static void no_count_is_lost_between_threads(void **state)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_shows("t_messages_total{outcome=\"stored\"} 80000\n");
    assert_shows("t_plain_seconds_sum 8.000000\nt_plain_seconds_count 80000\n");
    (void)state;
}

#define CASE(function) cmocka_unit_test_setup(function, reset)

static void without_metrics_only_gauges_are_kept(void **state)
{
    metrics_on = false;
    metric_add(&stored, 2);
    metric_add(&open_now, 2);
    metric_add(&open_now, -1);
    histogram_observe_us(&plain, 50);
    metrics_on = true;
    assert_int_equal(metric_value(&stored), 0);
    assert_int_equal(metric_value(&open_now), 1);
    assert_shows("t_plain_seconds_count 0\n");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(metrics_of_one_name_are_one_family),
        CASE(a_gauge_goes_up_and_down),
        CASE(buckets_count_what_smaller_ones_do),
        CASE(a_histogram_keeps_its_labels),
        CASE(help_and_type_come_once_a_name),
        CASE(every_line_follows_the_format),
        CASE(the_process_tells_about_itself),
        CASE(open_files_are_counted),
        CASE(cpu_time_grows_with_work),
        CASE(without_file_descriptors_the_rest_is_still_told),
        CASE(no_count_is_lost_between_threads),
        CASE(without_metrics_only_gauges_are_kept),
    };
    return cmocka_run_group_tests(tests, register_all, NULL);
}
