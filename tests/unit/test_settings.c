#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/settings.h"

struct example {
    const char *name;
    const char *password;
    int64_t size;
    int64_t colour;
    bool loud;
    int64_t far;
    int64_t many;
};

static const struct setting ROWS[] = {
    {.flag = "name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct example, name),
     .fallback = "nobody",
     .help = "what to say"},
    {.flag = "big-password",
     .type = SETTING_TEXT,
     .offset = offsetof(struct example, password),
     .fallback = "",
     .help = "the word",
     .secret = true},
    {.flag = "size",
     .type = SETTING_INT,
     .offset = offsetof(struct example, size),
     .fallback = "10",
     .min = -5,
     .max = 20,
     .help = "bytes of it"},
    {.flag = "colour",
     .type = SETTING_CHOICE,
     .offset = offsetof(struct example, colour),
     .fallback = "green",
     .choices = "red|green|blue",
     .help = "of all"},
    {.flag = "loud",
     .type = SETTING_BOOL,
     .offset = offsetof(struct example, loud),
     .fallback = "false",
     .help = "or not"},
};

static const struct setting OTHER_ROWS[] = {
    {.flag = "far",
     .env = "CHATAPP_VERY_FAR",
     .type = SETTING_INT,
     .offset = offsetof(struct example, far),
     .fallback = "1",
     .max = 9,
     .help = "metres"},
    {.flag = "many",
     .type = SETTING_INT,
     .offset = offsetof(struct example, many),
     .fallback = "2",
     .min = 1,
     .max = 9,
     .word = "auto",
     .help = "of them"},
};

static const struct setting_table TABLES[] = {{ROWS, 5}, {OTHER_ROWS, 2}};

static const char *const VARIABLES[] = {
    "CHATAPP_NAME",          "CHATAPP_BIG_PASSWORD", "CHATAPP_BIG_PASSWORD_FILE", "CHATAPP_SIZE",
    "CHATAPP_COLOUR",        "CHATAPP_LOUD",         "CHATAPP_VERY_FAR",          "CHATAPP_FAR",
    "CHATAPP_NO_SUCH_THING", "CHATAPP_MANY",
};

static int clear_environment(void **state)
{
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++)
        (void)unsetenv(VARIABLES[i]);
    (void)state;
    return 0;
}

/* The words of a command line, between single spaces. */
static enum err load(const char *line, struct example *settings, struct buf *why)
{
    static char words[512];
    char *argv[20] = {(char *)"daemon"};
    int argc = 1;

    assert_true(strlen(line) < sizeof words);
    memcpy(words, line, strlen(line) + 1);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    memset(settings, 0xA5, sizeof *settings);
    return settings_load(TABLES, 2, argc, argv, settings, why);
}

static struct example load_good(const char *line)
{
    struct example settings;
    struct buf why = {0};

    enum err err = load(line, &settings, &why);
    if (err != OK)
        fail_msg("%s", buf_cstr(&why));
    assert_int_equal(why.n, 0);
    buf_fini(&why);
    return settings;
}

static void assert_refused(const char *line, const char *sentence)
{
    struct example settings;
    struct buf why = {0};

    assert_int_equal(load(line, &settings, &why), ERR_INVALID);
    assert_string_equal(buf_cstr(&why), sentence);
    buf_fini(&why);
}

/* A file with this content, for the caller to unlink and free. */
static char *file_with(str content)
{
    char *path = str_dup(STR("/tmp/test_settings.XXXXXX"));
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), content.n);
    (void)close(fd);
    return path;
}

static void defaults_fill_what_nobody_says(void **state)
{
    struct example settings = load_good("");

    assert_string_equal(settings.name, "nobody");
    assert_string_equal(settings.password, "");
    assert_true(settings.size == 10);
    assert_true(settings.colour == 1);
    assert_false(settings.loud);
    assert_true(settings.far == 1);
    (void)state;
}

static void the_environment_beats_the_default(void **state)
{
    (void)setenv("CHATAPP_NAME", "env", 1);
    (void)setenv("CHATAPP_BIG_PASSWORD", "hush", 1);
    (void)setenv("CHATAPP_SIZE", "-5", 1);
    (void)setenv("CHATAPP_COLOUR", "blue", 1);
    (void)setenv("CHATAPP_LOUD", "true", 1);
    (void)setenv("CHATAPP_VERY_FAR", "9", 1);
    struct example settings = load_good("");
    assert_string_equal(settings.name, "env");
    assert_string_equal(settings.password, "hush");
    assert_true(settings.size == -5);
    assert_true(settings.colour == 2);
    assert_true(settings.loud);
    assert_true(settings.far == 9);
    (void)state;
}

static void a_flag_beats_the_environment(void **state)
{
    (void)setenv("CHATAPP_NAME", "env", 1);
    (void)setenv("CHATAPP_SIZE", "not even a number", 1);
    (void)setenv("CHATAPP_LOUD", "true", 1);
    struct example settings = load_good("--name flag --size 20 --loud=false");
    assert_string_equal(settings.name, "flag");
    assert_true(settings.size == 20);
    assert_false(settings.loud);
    (void)state;
}

static void both_spellings_of_a_flag_are_read(void **state)
{
    struct example settings = load_good("--name=a=b --size=-1 --colour red --loud --far 0");

    assert_string_equal(settings.name, "a=b");
    assert_true(settings.size == -1);
    assert_true(settings.colour == 0);
    assert_true(settings.loud);
    assert_true(settings.far == 0);
    settings = load_good("--name= --loud=true --size -2");
    assert_string_equal(settings.name, "");
    assert_true(settings.loud);
    assert_true(settings.size == -2);
    (void)state;
}

static void the_last_of_two_flags_counts(void **state)
{
    assert_string_equal(load_good("--name a --name b").name, "b");
    (void)state;
}

static void an_empty_variable_counts_as_unset(void **state)
{
    (void)setenv("CHATAPP_NAME", "", 1);
    (void)setenv("CHATAPP_SIZE", "", 1);
    (void)setenv("CHATAPP_BIG_PASSWORD", "", 1);
    (void)setenv("CHATAPP_BIG_PASSWORD_FILE", "", 1);
    struct example settings = load_good("");
    assert_string_equal(settings.name, "nobody");
    assert_true(settings.size == 10);
    (void)state;
}

static void a_variable_that_nobody_knows_is_no_error(void **state)
{
    (void)setenv("CHATAPP_NO_SUCH_THING", "1", 1);
    (void)setenv("CHATAPP_FAR", "7", 1); /* the row names another one */
    assert_true(load_good("").far == 1);
    (void)state;
}

static void an_unknown_flag_is_refused_by_name(void **state)
{
    assert_refused("--nope 1", "--nope: is no setting");
    assert_refused("--nope=hush", "--nope: is no setting");
    assert_refused("--nam x", "--nam: is no setting");
    assert_refused("--name-file x", "--name-file: is no setting");
    assert_refused("--NAME x", "--NAME: is no setting");
    assert_refused("--", "--: is no setting");
    assert_refused("-name x", "argument 1: is neither a flag nor the value of one");
    (void)state;
}

static void positional_arguments_are_refused(void **state)
{
    assert_refused("--name x hush", "argument 3: is neither a flag nor the value of one");
    assert_refused("--loud true", "argument 2: is neither a flag nor the value of one");
    (void)state;
}

static void a_flag_without_its_value_is_refused(void **state)
{
    assert_refused("--name", "--name: needs a value");
    assert_refused("--size --loud", "--size: needs a value");
    assert_refused("--big-password-file", "--big-password-file: needs a value");
    (void)state;
}

static void a_bad_value_is_refused_with_the_rule_and_the_name(void **state)
{
    assert_refused("--size abc", "--size: must be a number from -5 to 20, not \"abc\"");
    assert_refused("--size 21", "--size: must be a number from -5 to 20, not \"21\"");
    assert_refused("--size -6", "--size: must be a number from -5 to 20, not \"-6\"");
    assert_refused("--size=", "--size: must be a number from -5 to 20, not \"\"");
    assert_refused("--size 1k", "--size: must be a number from -5 to 20, not \"1k\"");
    assert_refused("--colour pink", "--colour: must be one of red|green|blue, not \"pink\"");
    assert_refused("--colour gree", "--colour: must be one of red|green|blue, not \"gree\"");
    assert_refused("--colour=", "--colour: must be one of red|green|blue, not \"\"");
    assert_refused("--loud=yes", "--loud: must be true or false, not \"yes\"");
    (void)state;
}

static void a_number_may_have_a_word_instead(void **state)
{
    assert_int_equal(load_good("").many, 2);
    assert_int_equal(load_good("--many 9").many, 9);
    assert_int_equal(load_good("--many=auto").many, SETTING_WORD);
    (void)setenv("CHATAPP_MANY", "auto", 1);
    assert_int_equal(load_good("").many, SETTING_WORD);
    assert_refused("--many 0", "--many: must be auto or a number from 1 to 9, not \"0\"");
    assert_refused("--many Auto", "--many: must be auto or a number from 1 to 9, not \"Auto\"");
    assert_refused("--size auto", "--size: must be a number from -5 to 20, not \"auto\"");
    (void)state;
}

static void a_bad_variable_is_named_too(void **state)
{
    (void)setenv("CHATAPP_SIZE", "x", 1);
    assert_refused("", "--size (CHATAPP_SIZE): must be a number from -5 to 20, not \"x\"");
    (void)unsetenv("CHATAPP_SIZE");
    (void)setenv("CHATAPP_VERY_FAR", "10", 1);
    assert_refused("", "--far (CHATAPP_VERY_FAR): must be a number from 0 to 9, not \"10\"");
    (void)state;
}

static void a_secret_comes_from_a_file(void **state)
{
    const struct {
        str content;
        const char *secret;
    } files[] = {
        {STR("hush"), "hush"},     {STR("hush\n"), "hush"},
        {STR("hush\r\n"), "hush"}, {STR("hush\n\n"), "hush\n"},
        {STR(" hush "), " hush "}, {STR(""), ""},
        {STR("\n"), ""},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = file_with(files[i].content);
        struct buf line = {0};

        buf_printf(&line, "--big-password-file %s", path);
        struct example settings = load_good(buf_cstr(&line));
        assert_string_equal(settings.password, files[i].secret);
        free((char *)settings.password);
        (void)setenv("CHATAPP_BIG_PASSWORD_FILE", path, 1);
        settings = load_good("");
        assert_string_equal(settings.password, files[i].secret);
        free((char *)settings.password);
        (void)unlink(path);
        free(path);
        buf_fini(&line);
    }
    (void)state;
}

static void a_flag_for_a_secret_beats_a_file_in_the_environment(void **state)
{
    (void)setenv("CHATAPP_BIG_PASSWORD_FILE", "/no/such/file", 1);
    assert_string_equal(load_good("--big-password hush").password, "hush");
    (void)state;
}

static void a_secret_given_twice_is_refused(void **state)
{
    assert_refused("--big-password hush --big-password-file /x",
                   "--big-password: is given twice, as a value and as a file");
    (void)setenv("CHATAPP_BIG_PASSWORD", "hush", 1);
    (void)setenv("CHATAPP_BIG_PASSWORD_FILE", "/x", 1);
    assert_refused("", "--big-password (CHATAPP_BIG_PASSWORD): is given twice, as a value and as a "
                       "file");
    (void)state;
}

static void a_file_that_cannot_be_read_is_refused(void **state)
{
    char *zero = file_with(STR("hu\0sh"));
    struct buf line = {0};

    assert_refused("--big-password-file /no/such",
                   "--big-password-file: cannot be read: No such file or directory");
    assert_refused("--big-password-file /tmp",
                   "--big-password-file: cannot be read: Is a directory");
    buf_printf(&line, "--big-password-file %s", zero);
    assert_refused(buf_cstr(&line), "--big-password-file: cannot be read: it holds a zero byte");
    (void)setenv("CHATAPP_BIG_PASSWORD_FILE", "/no/such", 1);
    assert_refused("",
                   "--big-password (CHATAPP_BIG_PASSWORD_FILE): cannot be read: No such file or "
                   "directory");
    (void)unlink(zero);
    free(zero);
    buf_fini(&line);
    (void)state;
}

static void a_file_too_long_for_a_secret_is_refused(void **state)
{
    assert_refused("--big-password-file /dev/zero",
                   "--big-password-file: cannot be read: it is longer than 64 KiB");
    (void)state;
}

static void a_bad_secret_is_not_repeated(void **state)
{
    static const struct setting rows[] = {{.flag = "pin",
                                           .type = SETTING_INT,
                                           .fallback = "0",
                                           .max = 9,
                                           .help = "",
                                           .secret = true}};
    const struct setting_table table = {rows, 1};
    char *const argv[] = {(char *)"daemon", (char *)"--pin", (char *)"hush"};
    struct buf why = {0};
    int64_t pin;

    assert_int_equal(settings_load(&table, 1, 3, argv, &pin, &why), ERR_INVALID);
    assert_string_equal(buf_cstr(&why), "--pin: must be a number from 0 to 9");
    buf_fini(&why);
    (void)state;
}

static void help_shows_flag_variable_default_and_meaning_but_no_secret(void **state)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    const char *const expected[] = {"--name TEXT",
                                    "what to say",
                                    "CHATAPP_NAME; default nobody",
                                    "--big-password TEXT",
                                    "--big-password-file FILE",
                                    "CHATAPP_BIG_PASSWORD, CHATAPP_BIG_PASSWORD_FILE\n",
                                    "--size N",
                                    "CHATAPP_SIZE; default 10",
                                    "--colour red|green|blue",
                                    "--loud[=true|false]",
                                    "--far N",
                                    "CHATAPP_VERY_FAR; default 1",
                                    "metres",
                                    "--many N|auto"};

    (void)setenv("CHATAPP_BIG_PASSWORD", "hush", 1);
    settings_print(TABLES, 2, to);
    (void)fclose(to);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (strstr(text, expected[i]) == NULL)
            fail_msg("no %s in\n%s", expected[i], text);
    assert_null(strstr(text, "hush"));
    free(text);
    (void)state;
}

#define CASE(function) cmocka_unit_test_setup(function, clear_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(defaults_fill_what_nobody_says),
        CASE(the_environment_beats_the_default),
        CASE(a_flag_beats_the_environment),
        CASE(both_spellings_of_a_flag_are_read),
        CASE(the_last_of_two_flags_counts),
        CASE(an_empty_variable_counts_as_unset),
        CASE(a_variable_that_nobody_knows_is_no_error),
        CASE(an_unknown_flag_is_refused_by_name),
        CASE(positional_arguments_are_refused),
        CASE(a_flag_without_its_value_is_refused),
        CASE(a_bad_value_is_refused_with_the_rule_and_the_name),
        CASE(a_number_may_have_a_word_instead),
        CASE(a_bad_variable_is_named_too),
        CASE(a_secret_comes_from_a_file),
        CASE(a_flag_for_a_secret_beats_a_file_in_the_environment),
        CASE(a_secret_given_twice_is_refused),
        CASE(a_file_that_cannot_be_read_is_refused),
        CASE(a_file_too_long_for_a_secret_is_refused),
        CASE(a_bad_secret_is_not_repeated),
        CASE(help_shows_flag_variable_default_and_meaning_but_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
