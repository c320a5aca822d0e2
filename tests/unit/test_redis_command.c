#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "redis/redis_command.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"

static const struct redis_script SCRIPT = {"sample", SHA, STR("return 1")};

static void expect_format(const struct redis_command *c, bool source, str expected)
{
    struct buf out = {0};

    redis_command_format(c, source, &out);
    if (!str_eq(buf_view(&out), expected))
        fail_msg("got %.*s", STR_ARG(buf_view(&out)));
    buf_fini(&out);
}

/* Our own bugs end the process: what `misuse` does must. */
static void expect_abort(void (*misuse)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        const struct rlimit no_core = {0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        misuse();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void a_command_becomes_bulk_strings(void **state)
{
    (void)state;
    struct redis_command c;
    redis_command_init(&c, "SET");
    redis_add_key(&c, "u:{", STR("alice"), "}:name");
    redis_add(&c, STR("Alice"));
    expect_format(&c, false, STR("*3\r\n$3\r\nSET\r\n$14\r\nu:{alice}:name\r\n$5\r\nAlice\r\n"));
    assert_string_equal(c.name, "SET");
}

static void bytes_of_any_kind_pass_unchanged(void **state)
{
    (void)state;
    struct redis_command c;
    redis_command_init(&c, "ECHO");
    redis_add(&c, STR("a\0\r\n$\xff"));
    redis_add(&c, STR(""));
    redis_add(&c, STR_NONE);
    expect_format(&c, false, STR("*4\r\n$4\r\nECHO\r\n$6\r\na\0\r\n$\xff\r\n$0\r\n\r\n$0\r\n\r\n"));
}

static void integers_are_decimal(void **state)
{
    (void)state;
    struct redis_command c;
    redis_command_init(&c, "X");
    redis_add_int(&c, 0);
    redis_add_int(&c, -7);
    redis_add_int(&c, INT64_MIN);
    redis_add_int(&c, INT64_MAX);
    expect_format(&c, false,
                  STR("*5\r\n$1\r\nX\r\n$1\r\n0\r\n$2\r\n-7\r\n$20\r\n-9223372036854775808\r\n"
                      "$19\r\n9223372036854775807\r\n"));
}

static void a_script_says_its_hash_and_number_of_keys(void **state)
{
    (void)state;
    struct redis_command c;
    redis_command_script(&c, &SCRIPT);
    redis_add_key(&c, "c:{", STR("d1"), "}:log");
    redis_add_key(&c, "c:{", STR("d1"), "}:ids");
    redis_add(&c, STR("arg"));
    expect_format(&c, false,
                  STR("*6\r\n$7\r\nEVALSHA\r\n$40\r\n" SHA "\r\n$1\r\n2\r\n$10\r\nc:{d1}:log\r\n"
                      "$10\r\nc:{d1}:ids\r\n$3\r\narg\r\n"));
    assert_string_equal(c.name, "sample");
}

static void a_script_can_be_sent_with_its_text(void **state)
{
    (void)state;
    struct redis_command c;
    redis_command_script(&c, &SCRIPT);
    redis_add_int(&c, 5);
    expect_format(&c, true, STR("*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n$1\r\n5\r\n"));
}

static void formatting_appends(void **state)
{
    (void)state;
    struct redis_command c;
    struct buf out = {0};
    redis_command_init(&c, "PING");
    redis_command_format(&c, false, &out);
    redis_command_format(&c, false, &out);
    assert_true(str_eq(buf_view(&out), STR("*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n")));
    buf_fini(&out);
}

static void a_command_can_be_built_again(void **state)
{
    (void)state;
    struct redis_command c;
    redis_command_script(&c, &SCRIPT);
    redis_add_key(&c, "k", STR("1"), "");
    redis_command_init(&c, "PING");
    expect_format(&c, false, STR("*1\r\n$4\r\nPING\r\n"));
}

static void as_many_arguments_as_there_is_room_for_fit(void **state)
{
    (void)state;
    struct redis_command c;
    char big[REDIS_SCRATCH];
    struct buf out = {0};

    memset(big, 'k', sizeof big);
    redis_command_script(&c, &SCRIPT);
    redis_add_key(&c, "", str_from(big, sizeof big), "");
    for (size_t i = 1; i < REDIS_ARGS_MAX; i++)
        redis_add(&c, str_from(big, sizeof big));
    redis_command_format(&c, false, &out);
    assert_true(str_starts(buf_view(&out), STR("*35\r\n")));
    /* "*35", EVALSHA, the hash, the number of keys; then 32 times "$1024", 1024 bytes */
    assert_int_equal(out.n, 5 + 13 + 47 + 7 + REDIS_ARGS_MAX * (7 + sizeof big + 2));
    buf_fini(&out);
}

static void add_one_too_many(void)
{
    struct redis_command c;
    redis_command_init(&c, "X");
    for (size_t i = 0; i < REDIS_ARGS_MAX; i++)
        redis_add(&c, STR("x"));
}

static void add_a_key_too_long(void)
{
    static const char big[REDIS_SCRATCH];
    struct redis_command c;
    redis_command_init(&c, "X");
    redis_add_key(&c, "k", str_from(big, sizeof big), "");
}

static void add_a_key_after_an_argument(void)
{
    struct redis_command c;
    redis_command_script(&c, &SCRIPT);
    redis_add(&c, STR("arg"));
    redis_add_key(&c, "k", STR("1"), "");
}

static void misuse_stops_the_process(void **state)
{
    (void)state;
    expect_abort(add_one_too_many);
    expect_abort(add_a_key_too_long);
    expect_abort(add_a_key_after_an_argument);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_becomes_bulk_strings),
        cmocka_unit_test(bytes_of_any_kind_pass_unchanged),
        cmocka_unit_test(integers_are_decimal),
        cmocka_unit_test(a_script_says_its_hash_and_number_of_keys),
        cmocka_unit_test(a_script_can_be_sent_with_its_text),
        cmocka_unit_test(formatting_appends),
        cmocka_unit_test(a_command_can_be_built_again),
        cmocka_unit_test(as_many_arguments_as_there_is_room_for_fit),
        cmocka_unit_test(misuse_stops_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
