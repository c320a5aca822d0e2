/* Settings: a flag beats the environment beats the default.
 *
 * A setting is a row of a table that says where in the daemon's settings struct its value goes.
 * --foo-bar VALUE or --foo-bar=VALUE is CHATAPP_FOO_BAR, unless the row names another variable.
 * A secret (row.secret) is also read from the file that CHATAPP_FOO_BAR_FILE or --foo-bar-file names
 * (trailing newline dropped), is never shown by --help, and never logged. A boolean is
 * --foo-bar[=true|false]. */
#ifndef CHATAPP_DAEMON_SETTINGS_H
#define CHATAPP_DAEMON_SETTINGS_H

#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

enum setting_type {
    SETTING_TEXT,   /* const char *; "" when empty */
    SETTING_INT,    /* int64_t, within min..max; or what the row's word stands for */
    SETTING_CHOICE, /* int64_t: the index into `choices` */
    SETTING_BOOL    /* bool */
};

#define SETTING_WORD INT64_MIN

struct setting {
    const char *flag; /* "redis-url" */
    const char *env;  /* NULL: CHATAPP_ and the flag in upper case */
    enum setting_type type;
    size_t offset;        /* offsetof() in the daemon's settings struct */
    const char *fallback; /* as it would be typed */
    int64_t min;
    int64_t max;
    const char *choices; /* "logfmt|json" */
    const char *word;    /* of a number: may be given instead, and is SETTING_WORD; or NULL */
    const char *help;    /* one line, says the unit */
    bool secret;
};

/* A row of the usual kind; `field` may be one of a member: conn.ping_s. Wherever these do not reach, write the row out. */
#define INT_SETTING(settings, name, field, preset, least, most, text)                              \
    {                                                                                              \
        .flag = name, .type = SETTING_INT, .offset = offsetof(settings, field),                    \
        .fallback = preset, .min = least, .max = most, .help = text                                \
    }
#define TEXT_SETTING(settings, name, field, preset, text)                                          \
    {                                                                                              \
        .flag = name, .type = SETTING_TEXT, .offset = offsetof(settings, field),                   \
        .fallback = preset, .help = text                                                           \
    }
#define BOOL_SETTING(settings, name, field, preset, text)                                          \
    {                                                                                              \
        .flag = name, .type = SETTING_BOOL, .offset = offsetof(settings, field),                   \
        .fallback = preset, .help = text                                                           \
    }

struct setting_table {
    const struct setting *rows;
    size_t n;
};

/* Fills `settings_out` from the defaults, the environment and argv[1..] (positional arguments are
 * refused). ERR_INVALID: *why then holds one sentence that begins with the setting's name. Texts stay
 * valid until the process ends. */
MUST_USE enum err settings_load(const struct setting_table *tables, size_t n_tables, int argc,
                                char *const *argv, void *settings_out, struct buf *why);

/* The table of settings for --help: flag, variable, default, what it does. */
void settings_print(const struct setting_table *tables, size_t n_tables, FILE *to);

#endif
