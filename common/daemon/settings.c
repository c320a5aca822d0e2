#include "daemon/settings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define SECRET_FILE_MAX ((size_t)64 * 1024)
#define HELP_COLUMN 34
#define FILE_FLAG "-file"
#define FILE_ENV "_FILE"

/* What one source, the command line or the environment, says about one row; NULL: nothing. */
struct given {
    const char *value;
    const char *file;
};

struct load {
    const struct setting_table *tables;
    size_t n_tables;
    struct given *flags; /* one for each row of all tables, in order */
    struct buf *why;
};

/* Row i of all tables, or NULL after the last. */
static const struct setting *row_at(const struct setting_table *tables, size_t n_tables, size_t i)
{
    for (size_t t = 0; t < n_tables; i -= tables[t++].n)
        if (i < tables[t].n)
            return &tables[t].rows[i];
    return NULL;
}

static void env_name(const struct setting *row, struct buf *name)
{
    if (row->env != NULL) {
        buf_add_str(name, str_of(row->env));
        return;
    }
    buf_add_str(name, STR("CHATAPP_"));
    for (const char *c = row->flag; *c != '\0'; c++) {
        char upper = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        buf_add_char(name, upper == '-' ? '_' : upper);
    }
}

/* --- From text to a value ------------------------------------------------------------------- */

/* "a|b|c" and "b": 1. */
static bool choice_index(const char *choices, str text, int64_t *index_out)
{
    str rest = str_of(choices);
    str choice;

    for (int64_t i = 0; str_split(&rest, '|', &choice); i++) {
        if (str_eq(choice, text)) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

static bool set_int(const struct setting *row, str text, int64_t *value_out)
{
    int64_t value;

    if (row->word != NULL && str_eq(text, str_of(row->word))) {
        *value_out = SETTING_WORD;
        return true;
    }
    if (!str_to_i64(text, &value) || value < row->min || value > row->max)
        return false;
    *value_out = value;
    return true;
}

static bool set_bool(str text, bool *value_out)
{
    *value_out = str_eq(text, STR("true"));
    return *value_out || str_eq(text, STR("false"));
}

/* Keeps `value`. */
static bool set(const struct setting *row, const char *value, void *settings)
{
    void *to = (char *)settings + row->offset;

    switch (row->type) {
    case SETTING_TEXT: *(const char **)to = value; return true;
    case SETTING_INT: return set_int(row, str_of(value), to);
    case SETTING_CHOICE: return choice_index(row->choices, str_of(value), to);
    case SETTING_BOOL: return set_bool(str_of(value), to);
    }
    return false;
}

/* "must be a number from 0 to 9, not "x""; what a secret was stays unsaid. */
static void say_rule(const struct setting *row, const char *value, struct buf *why)
{
    if (row->type == SETTING_INT)
        buf_printf(why, "must be %s%sa number from %lld to %lld", row->word ? row->word : "",
                   row->word ? " or " : "", (long long)row->min, (long long)row->max);
    else if (row->type == SETTING_CHOICE)
        buf_printf(why, "must be one of %s", row->choices);
    else
        buf_add_str(why, STR("must be true or false"));
    if (!row->secret)
        buf_printf(why, ", not \"%s\"", value);
}

/* --- Secrets in files ----------------------------------------------------------------------- */

/* Why the file cannot be taken, or NULL. */
static const char *read_file(const char *path, struct buf *content)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return strerror(errno);
    content->n = fread(buf_reserve(content, SECRET_FILE_MAX + 1), 1, SECRET_FILE_MAX + 1, file);
    const char *reason = ferror(file) ? strerror(errno) : NULL;
    (void)fclose(file);
    if (reason == NULL && content->n > SECRET_FILE_MAX)
        return "it is longer than 64 KiB";
    if (reason == NULL && memchr(content->p, '\0', content->n) != NULL)
        return "it holds a zero byte";
    return reason;
}

/* The content without its last line end, which is never freed; or NULL, and why. */
static const char *secret_of(const char *path, const char **reason_out)
{
    struct buf content = {0};
    size_t n;

    *reason_out = read_file(path, &content);
    if (*reason_out != NULL) {
        buf_fini(&content);
        return NULL;
    }
    if (content.n > 0 && content.p[content.n - 1] == '\n')
        content.n--;
    if (content.n > 0 && content.p[content.n - 1] == '\r')
        content.n--;
    (void)buf_cstr(&content);
    return buf_take(&content, &n);
}

/* --- From a source into the settings -------------------------------------------------------- */

/* `name` is what the value is called where it comes from. */
static enum err use(const struct setting *row, const struct given *given, const char *name,
                    void *settings, struct buf *why)
{
    const char *value = given->value;
    const char *reason = NULL;

    if (given->value != NULL && given->file != NULL) {
        buf_printf(why, "%s: is given twice, as a value and as a file", name);
        return ERR_INVALID;
    }
    if (given->file != NULL)
        value = secret_of(given->file, &reason);
    if (value == NULL) {
        buf_printf(why, "%s: cannot be read: %s", name, reason);
        return ERR_INVALID;
    }
    if (!set(row, value, settings)) {
        buf_printf(why, "%s: ", name);
        say_rule(row, value, why);
        return ERR_INVALID;
    }
    return OK;
}

static bool is_given(const struct given *given)
{
    return given->value != NULL || given->file != NULL;
}

/* An empty variable counts as none. */
static const char *env_value(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static enum err use_flag(const struct setting *row, const struct given *given, void *settings,
                         struct buf *why)
{
    struct buf name = {0};

    buf_printf(&name, "--%s%s", row->flag, given->value == NULL ? FILE_FLAG : "");
    enum err err = use(row, given, buf_cstr(&name), settings, why);
    buf_fini(&name);
    return err;
}

static enum err use_env_or_fallback(const struct setting *row, void *settings, struct buf *why)
{
    struct buf env = {0};
    struct buf name = {0};
    struct given given = {0};
    enum err err = OK;

    env_name(row, &env);
    given.value = env_value(buf_cstr(&env));
    size_t n = env.n;
    buf_add_str(&env, STR(FILE_ENV));
    if (row->secret)
        given.file = env_value(buf_cstr(&env));
    if (given.value != NULL)
        env.n = n;
    buf_printf(&name, "--%s (%s)", row->flag, buf_cstr(&env));
    if (is_given(&given))
        err = use(row, &given, buf_cstr(&name), settings, why);
    else
        CHECK(row->fallback != NULL && set(row, row->fallback, settings));
    buf_fini(&name);
    buf_fini(&env);
    return err;
}

static enum err use_rows(const struct load *load, void *settings)
{
    const struct setting *row;
    enum err err = OK;

    for (size_t i = 0; err == OK && (row = row_at(load->tables, load->n_tables, i)); i++)
        err = is_given(&load->flags[i]) ? use_flag(row, &load->flags[i], settings, load->why)
                                        : use_env_or_fallback(row, settings, load->why);
    return err;
}

/* --- The command line ----------------------------------------------------------------------- */

static bool is_file_flag(const struct setting *row, str name)
{
    str flag = str_of(row->flag);
    return row->secret && str_starts(name, flag) && str_eq(str_skip(name, flag.n), STR(FILE_FLAG));
}

/* Where the value of the flag `name` is to be noted, and its row; NULL when there is none. */
static const char **find_flag(const struct load *load, str name, const struct setting **row_out)
{
    const struct setting *row;

    for (size_t i = 0; (row = row_at(load->tables, load->n_tables, i)) != NULL; i++) {
        *row_out = row;
        if (str_eq(name, str_of(row->flag)))
            return &load->flags[i].value;
        if (is_file_flag(row, name))
            return &load->flags[i].file;
    }
    return NULL;
}

/* Notes the flag at argv[*i], and its value, which may be the next argument. */
static enum err take_flag(const struct load *load, int argc, char *const *argv, int *i)
{
    str name = str_of(argv[*i]);
    const struct setting *row;

    if (!str_starts(name, STR("--"))) { /* not repeated: it may be half a secret */
        buf_printf(load->why, "argument %d: is neither a flag nor the value of one", *i);
        return ERR_INVALID;
    }
    name = str_skip(name, 2);
    const char *equals = strchr(argv[*i], '=');
    if (equals != NULL)
        name.n = (size_t)(equals - name.p);
    const char **to = find_flag(load, name, &row);
    if (to == NULL) {
        buf_printf(load->why, "--%.*s: is no setting", STR_ARG(name));
        return ERR_INVALID;
    }
    if (equals != NULL) {
        *to = equals + 1;
    } else if (row->type == SETTING_BOOL) {
        *to = "true";
    } else if (*i + 1 < argc && !str_starts(str_of(argv[*i + 1]), STR("--"))) {
        *to = argv[++*i];
    } else {
        buf_printf(load->why, "--%.*s: needs a value", STR_ARG(name));
        return ERR_INVALID;
    }
    return OK;
}

enum err settings_load(const struct setting_table *tables, size_t n_tables, int argc,
                       char *const *argv, void *settings_out, struct buf *why)
{
    struct load load = {.tables = tables, .n_tables = n_tables, .why = why};
    size_t n_rows = 0;
    enum err err = OK;

    for (size_t i = 0; i < n_tables; i++)
        n_rows += tables[i].n;
    load.flags = mem_zalloc(n_rows * sizeof *load.flags);
    for (int i = 1; err == OK && i < argc; i++)
        err = take_flag(&load, argc, argv, &i);
    if (err == OK)
        err = use_rows(&load, settings_out);
    free(load.flags);
    return err;
}

/* --- Help ----------------------------------------------------------------------------------- */

static void print_row(const struct setting *row, FILE *to)
{
    static const char *const KINDS[] = {
        [SETTING_TEXT] = "TEXT", [SETTING_INT] = "N", [SETTING_BOOL] = "true|false"};
    struct buf env = {0};
    struct buf flag = {0};
    const char *value = row->type == SETTING_CHOICE ? row->choices : KINDS[row->type];

    env_name(row, &env);
    buf_printf(&flag, row->type == SETTING_BOOL ? "--%s[=%s]" : "--%s %s", row->flag, value);
    if (row->word != NULL)
        buf_printf(&flag, "|%s", row->word);
    (void)fprintf(to, "  %-*s  %s\n", HELP_COLUMN, buf_cstr(&flag), row->help);
    if (row->secret)
        (void)fprintf(to, "  --%s" FILE_FLAG " FILE\n", row->flag);
    (void)fprintf(to, "  %-*s  %s", HELP_COLUMN, "", buf_cstr(&env));
    if (row->secret)
        (void)fprintf(to, ", %s" FILE_ENV, buf_cstr(&env));
    if (row->fallback[0] != '\0')
        (void)fprintf(to, "; default %s", row->fallback);
    (void)fputc('\n', to);
    buf_fini(&flag);
    buf_fini(&env);
}

void settings_print(const struct setting_table *tables, size_t n_tables, FILE *to)
{
    const struct setting *row;

    for (size_t i = 0; (row = row_at(tables, n_tables, i)) != NULL; i++)
        print_row(row, to);
}
