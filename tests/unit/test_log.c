#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "daemon/log.h"

#define LINE_LIMIT 4096
#define PIPE_BYTES (1024 * 1024)

/* Standard error, while it goes into a pipe. */
struct capture {
    int saved;
    int out;
    char *text;
};

static void capture_begin(struct capture *c)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    c->saved = dup(STDERR_FILENO);
    c->out = ends[0];
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    (void)close(ends[1]);
}

/* Everything written meanwhile, until capture_free(). */
static const char *capture_end(struct capture *c)
{
    struct buf all = {0};
    ssize_t n;
    size_t length;

    (void)dup2(c->saved, STDERR_FILENO);
    (void)close(c->saved);
    while ((n = read(c->out, buf_reserve(&all, 4096), 4096)) > 0)
        all.n += (size_t)n;
    (void)close(c->out);
    (void)buf_cstr(&all);
    c->text = buf_take(&all, &length);
    return c->text;
}

static void capture_free(struct capture *c)
{
    free(c->text);
}

/* The line that `message` with one field `v` makes, from "msg=" on in logfmt. */
static void assert_logfmt(str value, const char *expected)
{
    struct capture c;

    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    log_info("m", F_STR("v", value));
    const char *line = capture_end(&c);
    const char *message = strstr(line, "msg=");
    assert_non_null(message);
    assert_string_equal(message, expected);
    capture_free(&c);
}

/* The line as jansson reads it: one object, one line. */
static json_t *parsed(const char *line)
{
    json_error_t error;
    json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL)
        fail_msg("%s in %s", error.text, line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    return root;
}

static void assert_json(str value, const char *in_the_line, str read_back)
{
    struct capture c;

    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    capture_begin(&c);
    log_info("m", F_STR("v", value));
    const char *line = capture_end(&c);
    if (strstr(line, in_the_line) == NULL)
        fail_msg("no %s in %s", in_the_line, line);
    json_t *root = parsed(line);
    const json_t *v = json_object_get(root, "v");
    assert_true(str_eq(str_from(json_string_value(v), json_string_length(v)), read_back));
    json_decref(root);
    capture_free(&c);
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0)
        fail_msg("not like %s: %s", pattern, text);
    regfree(&regex);
}

#define TIME "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}Z"

static void a_line_before_setup_is_logfmt_without_a_daemon(void **state)
{
    struct capture c;

    assert_false(log_enabled(LOG_LEVEL_DEBUG));
    assert_true(log_enabled(LOG_LEVEL_INFO));
    capture_begin(&c);
    log_warn("early");
    assert_matches(capture_end(&c), "^ts=" TIME " level=warn msg=early\n$");
    capture_free(&c);
    (void)state;
}

static void a_logfmt_line_reads_as_the_header_shows(void **state)
{
    struct capture c;

    log_setup("chat-server", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    log_info("signed in", F_STR("user", STR("alice")), F_INT("conversations", 3),
             F_Z("error", err_name(ERR_TOO_BIG)), F_Z("z", "x"), F_INT("n", INT64_MIN));
    assert_matches(capture_end(&c),
                   "^ts=" TIME " level=info daemon=chat-server msg=\"signed in\" user=alice "
                   "conversations=3 error=too_big z=x n=-9223372036854775808\n$");
    capture_free(&c);
    (void)state;
}

static void a_worker_s_lines_say_which(void **state)
{
    struct capture c;

    log_set_worker(0);
    log_setup("chat-server", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    log_info("m", F_INT("n", 1));
    log_set_worker(12);
    log_setup("chat-server", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_info("m");
    assert_matches(capture_end(&c),
                   "^ts=" TIME " level=info daemon=chat-server worker=0 msg=m n=1\n"
                   "\\{\"ts\":\"" TIME "\",\"level\":\"info\","
                   "\"daemon\":\"chat-server\",\"worker\":12,\"msg\":\"m\"\\}\n$");
    capture_free(&c);
    log_set_worker(-1);
    (void)state;
}

static void a_json_line_holds_the_same(void **state)
{
    struct capture c;

    log_setup("chat-server", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    capture_begin(&c);
    log_error("signed in", F_STR("user", STR("alice")), F_INT("n", -3));
    const char *line = capture_end(&c);
    assert_matches(line, "^\\{\"ts\":\"" TIME "\",\"level\":\"error\",\"daemon\":\"chat-server\","
                         "\"msg\":\"signed in\",\"user\":\"alice\",\"n\":-3\\}\n$");
    json_decref(parsed(line));
    capture_free(&c);
    (void)state;
}

static void lines_below_the_level_are_not_written(void **state)
{
    struct capture c;

    log_setup("test", LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    log_debug("no");
    log_info("no");
    log_write(LOG_LEVEL_INFO, "no", NULL, 0);
    log_warn("yes");
    log_error("yes");
    const char *text = capture_end(&c);
    assert_null(strstr(text, "msg=no"));
    assert_matches(text, "level=warn .*\n.*level=error .*\n$");
    capture_free(&c);
    (void)state;
}

static void logfmt_quotes_only_what_needs_it(void **state)
{
    assert_logfmt(STR("plain/value:1.2-3_[x]{y}'"), "msg=m v=plain/value:1.2-3_[x]{y}'\n");
    assert_logfmt(STR(""), "msg=m v=\"\"\n");
    assert_logfmt(STR_NONE, "msg=m v=\"\"\n");
    assert_logfmt(STR("a b"), "msg=m v=\"a b\"\n");
    assert_logfmt(STR("a=b"), "msg=m v=\"a=b\"\n");
    assert_logfmt(STR("a\"b"), "msg=m v=\"a\\\"b\"\n");
    assert_logfmt(STR("a\\b"), "msg=m v=\"a\\\\b\"\n");
    assert_logfmt(STR("\xC3\xA9\xF0\x9F\x98\x80"), "msg=m v=\"\xC3\xA9\xF0\x9F\x98\x80\"\n");
    (void)state;
}

static void nobody_forges_a_line_in_logfmt(void **state)
{
    assert_logfmt(STR("a\r\nts=1 level=info"), "msg=m v=\"a\\u000d\\u000ats=1 level=info\"\n");
    assert_logfmt(STR("\x1B[2J\0\x7F\t"), "msg=m v=\"\\u001b[2J\\u0000\\u007f\\u0009\"\n");
    assert_logfmt(STR("\xC2\x80\xC2\x9B\xC2\xA0"), "msg=m v=\"\\u0080\\u009b\xC2\xA0\"\n");
    assert_logfmt(STR("\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA7"),
                  "msg=m v=\"\\u2028\\u2029\xE2\x80\xA7\"\n");
    assert_logfmt(STR("\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xAA"),
                  "msg=m v=\"\\u202e\\u2066\xE2\x81\xAA\"\n");
    assert_logfmt(STR("a\xFF\xC3"), "msg=m v=\"a\\xff\\xc3\"\n");
    assert_logfmt(STR("\xC3(\xED\xA0\x80"), "msg=m v=\"\\xc3(\\xed\\xa0\\x80\"\n");
    (void)state;
}

static void json_values_read_back_as_they_were(void **state)
{
    assert_json(STR("a \"b\" \\ c=d"), "\"a \\\"b\\\" \\\\ c=d\"", STR("a \"b\" \\ c=d"));
    assert_json(STR(""), "\"v\":\"\"", STR(""));
    assert_json(STR("\r\n\x1B\x7F"), "\"\\u000d\\u000a\\u001b\\u007f\"", STR("\r\n\x1B\x7F"));
    assert_json(STR("\xC2\x9B\xE2\x80\xA8\xE2\x80\xAE"), "\"\\u009b\\u2028\\u202e\"",
                STR("\xC2\x9B\xE2\x80\xA8\xE2\x80\xAE"));
    assert_json(STR("\xC3\xA9"), "\"\xC3\xA9\"", STR("\xC3\xA9"));
    assert_json(STR("a\xFF"
                    "b"),
                "\"a\\ufffdb\"",
                STR("a\xEF\xBF\xBD"
                    "b"));
    (void)state;
}

static void messages_are_encoded_like_values(void **state)
{
    struct capture c;

    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    log_info("a\nb");
    assert_non_null(strstr(capture_end(&c), " msg=\"a\\u000ab\"\n"));
    capture_free(&c);
    (void)state;
}

/* One value of `n` bytes `c`: how long is what the line shows of it? */
static size_t shown(char byte, size_t n, enum log_format format, bool *cut_out)
{
    struct capture c;
    char *text = malloc(n);

    assert_non_null(text);
    memset(text, byte, n);
    log_setup("test", LOG_LEVEL_INFO, format);
    capture_begin(&c);
    log_info("m", F_STR("v", str_from(text, n)), F_INT("after", 1));
    const char *line = capture_end(&c);
    if (format == LOG_FORMAT_JSON)
        json_decref(parsed(line));
    assert_non_null(strstr(line, format == LOG_FORMAT_JSON ? "\"after\":1}" : " after=1\n"));
    *cut_out = strstr(line, "\xE2\x80\xA6\"") != NULL;
    const char *from = strstr(line, format == LOG_FORMAT_JSON ? "\"v\":" : "v=");
    size_t length = (size_t)(strstr(from, "after") - from);
    capture_free(&c);
    free(text);
    return length;
}

static void long_values_are_cut_with_a_mark(void **state)
{
    for (int format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JSON; format++) {
        bool cut;

        assert_true(shown('x', 1000, (enum log_format)format, &cut) < 1024);
        assert_false(cut);
        assert_true(shown('x', 100000, (enum log_format)format, &cut) <= 1024 + 8);
        assert_true(cut);
        assert_true(shown('\n', 1000, (enum log_format)format, &cut) <= 1024 + 8);
        assert_true(cut);
        assert_true(shown('\xFF', 1000, (enum log_format)format, &cut) <= 1024 + 8);
        assert_true(cut);
    }
    (void)state;
}

static void a_long_line_loses_whole_fields_and_says_so(void **state)
{
    static char text[1018];
    const char *const ends[] = {" cut=true\n", ",\"cut\":true}\n"};

    memset(text, 'x', sizeof text - 1);
    for (int format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JSON; format++) {
        struct capture c;

        log_setup("test", LOG_LEVEL_INFO, (enum log_format)format);
        capture_begin(&c);
        log_info("m", F_Z("a", text), F_Z("b", text), F_Z("c", text), F_Z("d", text),
                 F_Z("e", "y"));
        const char *line = capture_end(&c);
        size_t n = strlen(line);
        assert_true(n <= LINE_LIMIT && n > 3000);
        assert_string_equal(line + n - strlen(ends[format]), ends[format]);
        assert_null(strstr(line, format == LOG_FORMAT_JSON ? "\"d\":" : " d="));
        if (format == LOG_FORMAT_JSON)
            json_decref(parsed(line));
        capture_free(&c);
    }
    (void)state;
}

/* Every length around the limit: the line is never longer, never broken. */
static void no_line_is_longer_than_four_kibibytes(void **state)
{
    static char text[1001];

    memset(text, 'x', sizeof text);
    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (size_t n = 800; n <= 1000; n++) {
        struct capture c;

        capture_begin(&c);
        log_info("m", F_STR("a", str_from(text, 1000)), F_STR("b", str_from(text, 1000)),
                 F_STR("c", str_from(text, 1000)), F_STR("d", str_from(text, n)));
        const char *line = capture_end(&c);
        assert_true(strlen(line) <= LINE_LIMIT);
        json_decref(parsed(line));
        capture_free(&c);
    }
    (void)state;
}

static void logging_leaves_errno_alone(void **state)
{
    struct capture c;

    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    (void)close(STDERR_FILENO);
    errno = ENOENT;
    log_info("nobody listens");
    int after = errno;
    (void)capture_end(&c);
    assert_int_equal(after, ENOENT);
    capture_free(&c);
    (void)state;
}

#define THREADS 4
#define LINES 300

static void *write_lines(void *value)
{
    for (int i = 0; i < LINES; i++)
        log_info("m", F_STR("v", *(const str *)value));
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    static char text[600];
    str value = str_from(text, sizeof text);
    pthread_t threads[THREADS];
    struct capture c;
    int n = 0;

    memset(text, 'x', sizeof text);
    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &value), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    str rest = str_of(capture_end(&c));
    str line;
    for (; str_split(&rest, '\n', &line) && line.n > 0; n++) {
        assert_true(str_starts(line, STR("ts=")));
        assert_int_equal(line.n,
                         strlen("ts=2026-11-22T16:38:06.123Z level=info daemon=test msg=m v=") +
                             sizeof text);
    }
    assert_int_equal(n, THREADS * LINES);
    capture_free(&c);
    (void)state;
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* Interrupts write(2) again and again: there is no SA_RESTART. */
static void set_timer(int handled, long every_us)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {{0, every_us}, {0, every_us}};

    assert_int_equal(sigaction(handled, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void a_signal_loses_no_line(void **state)
{
    enum { MANY = 2000 };
    char late[64];
    struct capture c;
    int n = 0;

    log_setup("test", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    capture_begin(&c);
    (void)fcntl(c.out, F_SETPIPE_SZ, 4096); /* full after a few lines */
    FILE *reader = fdopen(dup(c.out), "r");
    pid_t child = fork();
    if (child == 0) {
        set_timer(SIGALRM, 200);
        for (int i = 0; i < MANY; i++)
            log_info("m", F_INT("i", i));
        _exit(0);
    }
    (void)close(STDERR_FILENO);
    (void)dup2(c.saved, STDERR_FILENO); /* the child holds the only end to write to */
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, reader) > 0) {
        if (n % 100 == 0)
            (void)usleep(2000);
        (void)snprintf(late, sizeof late, " msg=m i=%d\n", n++);
        assert_non_null(strstr(line, late));
    }
    assert_int_equal(n, MANY);
    assert_int_equal(waitpid(child, NULL, 0), child);
    free(line);
    (void)fclose(reader);
    (void)capture_end(&c);
    capture_free(&c);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_before_setup_is_logfmt_without_a_daemon),
        cmocka_unit_test(a_logfmt_line_reads_as_the_header_shows),
        cmocka_unit_test(a_worker_s_lines_say_which),
        cmocka_unit_test(a_json_line_holds_the_same),
        cmocka_unit_test(lines_below_the_level_are_not_written),
        cmocka_unit_test(logfmt_quotes_only_what_needs_it),
        cmocka_unit_test(nobody_forges_a_line_in_logfmt),
        cmocka_unit_test(json_values_read_back_as_they_were),
        cmocka_unit_test(messages_are_encoded_like_values),
        cmocka_unit_test(long_values_are_cut_with_a_mark),
        cmocka_unit_test(a_long_line_loses_whole_fields_and_says_so),
        cmocka_unit_test(no_line_is_longer_than_four_kibibytes),
        cmocka_unit_test(logging_leaves_errno_alone),
        cmocka_unit_test(threads_do_not_mix_their_lines),
        cmocka_unit_test(a_signal_loses_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
