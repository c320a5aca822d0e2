#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ids.h"
#include "daemon/daemon.h"

#define WENT_ON 42

struct example {
    struct daemon_settings daemon;
    int64_t size;
};

static const struct setting OWN[] = {
    {.flag = "size",
     .type = SETTING_INT,
     .offset = offsetof(struct example, size),
     .fallback = "3",
     .max = 9,
     .help = "bytes of it"},
};

static const struct daemon_program PROGRAM = {
    .name = "test-server",
    .summary = "an example",
    .own = {OWN, 1},
    .env_prefix = "TEST",
    .default_port = "8099",
};

/* What a daemon with this command line came to. */
struct result {
    int status;
    char out[8192];
    char err[1024];
};

/* Ours to look at in the child, where daemon_start() succeeded. */
static void no_look(const struct example *settings)
{
    (void)settings;
}

static void read_all(int fd, char *to, size_t size)
{
    size_t n = 0;
    ssize_t got;

    while (n + 1 < size && (got = read(fd, to + n, size - 1 - n)) > 0)
        n += (size_t)got;
    to[n] = '\0';
    (void)close(fd);
}

static _Noreturn void run_child(const char *line, void (*look)(const struct example *settings))
{
    char words[512];
    char *argv[20] = {(char *)"test-server"};
    struct example settings;
    int argc = 1;
    int status = WENT_ON;

    (void)snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    if (daemon_start(&PROGRAM, argc, argv, &settings, &status))
        look(&settings);
    (void)fflush(NULL);
    _exit(status);
}

static struct result run_and_look(const char *line, void (*look)(const struct example *settings))
{
    struct result result;
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    int status;

    assert_true(pipe(out) == 0 && pipe(err) == 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(err[1], STDERR_FILENO);
        run_child(line, look);
    }
    (void)close(out[1]);
    (void)close(err[1]);
    read_all(out[0], result.out, sizeof result.out);
    read_all(err[0], result.err, sizeof result.err);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    result.status = WEXITSTATUS(status);
    return result;
}

static struct result run(const char *line)
{
    return run_and_look(line, no_look);
}

static int clear_environment(void **state)
{
    (void)unsetenv("CHATAPP_REDIS_URL");
    (void)unsetenv("CHATAPP_REDIS_URL_FILE");
    (void)unsetenv("CHATAPP_TEST_PORT");
    (void)unsetenv("CHATAPP_TEST_LISTEN");
    (void)unsetenv("CHATAPP_PORT");
    (void)unsetenv("CHATAPP_DRAIN_S");
    (void)state;
    return 0;
}

static void look_at_defaults(const struct example *settings)
{
    (void)printf("%s %d %s %d %d %d %d %d\n", settings->daemon.listen, (int)settings->daemon.port,
                 settings->daemon.redis_url, (int)settings->daemon.log_level,
                 (int)settings->daemon.log_format, (int)settings->daemon.drain_s,
                 settings->daemon.check_config, (int)settings->size);
}

static void a_daemon_starts_with_no_settings_at_all(void **state)
{
    struct result result = run_and_look("", look_at_defaults);

    assert_int_equal(result.status, WENT_ON);
    assert_string_equal(result.out, "127.0.0.1 8099 redis://127.0.0.1:6379 1 0 5 0 3\n");
    assert_string_equal(result.err, "");
    (void)state;
}

static void ports_and_addresses_have_variables_of_their_own(void **state)
{
    (void)setenv("CHATAPP_PORT", "1", 1);
    (void)setenv("CHATAPP_TEST_PORT", "0", 1);
    (void)setenv("CHATAPP_TEST_LISTEN", "::1", 1);
    (void)setenv("CHATAPP_REDIS_URL", "unix:///run/redis.sock", 1);
    (void)setenv("CHATAPP_DRAIN_S", "0", 1);
    struct result result = run_and_look("--log-level debug --size 9", look_at_defaults);
    assert_string_equal(result.out, "::1 0 unix:///run/redis.sock 0 0 0 0 9\n");
    (void)state;
}

static void a_bad_setting_ends_with_2_and_its_name(void **state)
{
    const struct {
        const char *line;
        const char *error;
    } cases[] = {
        {"--port abc", "test-server: --port: must be a number from 0 to 65535, not \"abc\"\n"},
        {"--port 65536", "test-server: --port: must be a number from 0 to 65535, not \"65536\"\n"},
        {"--port -1", "test-server: --port: must be a number from 0 to 65535, not \"-1\"\n"},
        {"--nope", "test-server: --nope: is no setting\n"},
        {"--drain-s 601", "test-server: --drain-s: must be a number from 0 to 600, not \"601\"\n"},
        {"--log-level loud",
         "test-server: --log-level: must be one of debug|info|warn|error, not \"loud\"\n"},
        {"--log-format xml",
         "test-server: --log-format: must be one of logfmt|json, not \"xml\"\n"},
        {"--listen here", "test-server: --listen: must be an IPv4 or IPv6 address, not \"here\"\n"},
        {"--size 10", "test-server: --size: must be a number from 0 to 9, not \"10\"\n"},
        {"--check-config --size x",
         "test-server: --size: must be a number from 0 to 9, not \"x\"\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result result = run(cases[i].line);
        assert_int_equal(result.status, 2);
        assert_string_equal(result.out, "");
        assert_int_equal(strncmp(result.err, cases[i].error, strlen(cases[i].error)), 0);
        assert_string_equal(result.err + strlen(cases[i].error), "test-server: try --help\n");
    }
    (void)state;
}

static void a_bad_redis_url_is_refused_and_not_repeated(void **state)
{
    const char *const lines[] = {"--redis-url http://:hush@host", "--redis-url=hush",
                                 "--check-config --redis-url redis://:hush@host:99999",
                                 "--redis-url redis://:hush@host --redis-url-file /x"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct result result = run(lines[i]);
        assert_int_equal(result.status, 2);
        assert_non_null(strstr(result.err, "test-server: --redis-url: "));
        assert_null(strstr(result.err, "hush"));
    }
    (void)state;
}

static void a_good_configuration_is_called_so(void **state)
{
    struct result result =
        run("--check-config --redis-url redis://user:pass@[::1]:6379/2 --port 0");

    assert_int_equal(result.status, 0);
    assert_string_equal(result.out, "configuration is good\n");
    assert_string_equal(result.err, "");
    (void)state;
}

static void the_version_is_one_line(void **state)
{
    struct result result = run("--version");

    assert_int_equal(result.status, 0);
    assert_string_equal(result.out, "test-server " CHATAPP_VERSION "\n");
    (void)state;
}

static void help_names_every_setting_whatever_else_is_wrong(void **state)
{
    struct result result = run("--port abc --help");
    const char *const expected[] = {
        "test-server: an example\n",
        "--listen TEXT",
        "CHATAPP_TEST_LISTEN; default 127.0.0.1",
        "--port N",
        "CHATAPP_TEST_PORT; default 8099",
        "--redis-url TEXT",
        "--redis-url-file FILE",
        "CHATAPP_REDIS_URL, CHATAPP_REDIS_URL_FILE; default redis://127.0.0.1:6379",
        "--log-level debug|info|warn|error",
        "--log-format logfmt|json",
        "CHATAPP_LOG_FORMAT",
        "--drain-s N",
        "CHATAPP_DRAIN_S; default 5",
        "--check-config",
        "--size N",
        "CHATAPP_SIZE",
        "--help",
        "--version"};

    assert_int_equal(result.status, 0);
    assert_string_equal(result.err, "");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (strstr(result.out, expected[i]) == NULL)
            fail_msg("no %s in\n%s", expected[i], result.out);
    (void)state;
}

static void look_at_process(const struct example *settings)
{
    struct sigaction action;

    (void)settings;
    (void)sigaction(SIGPIPE, NULL, &action);
    (void)printf("%d %d %d\n", action.sa_handler == SIG_IGN, log_enabled(LOG_LEVEL_INFO),
                 id_is_valid(str_of(id_new().text)));
    log_error("hello");
}

static void a_started_process_logs_and_survives_broken_pipes(void **state)
{
    struct result result = run_and_look("--log-level=error --log-format=json", look_at_process);

    assert_string_equal(result.out, "1 0 1\n");
    assert_non_null(strstr(result.err, "\"daemon\":\"test-server\",\"msg\":\"hello\"}"));
    (void)state;
}

#define CASE(function) cmocka_unit_test_setup(function, clear_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_daemon_starts_with_no_settings_at_all),
        CASE(ports_and_addresses_have_variables_of_their_own),
        CASE(a_bad_setting_ends_with_2_and_its_name),
        CASE(a_bad_redis_url_is_refused_and_not_repeated),
        CASE(a_good_configuration_is_called_so),
        CASE(the_version_is_one_line),
        CASE(help_names_every_setting_whatever_else_is_wrong),
        CASE(a_started_process_logs_and_survives_broken_pipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
