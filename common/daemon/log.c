#include "daemon/log.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "daemon/trace.h"

#define LINE_MAX_BYTES 4096     /* what a pipe takes in one piece */
#define VALUE_MAX 1024          /* encoded */
#define UNIT_MAX 8              /* the longest encoding of one character */
#define CUT_TEXT "\xE2\x80\xA6" /* an ellipsis */
#define MS_PER_S 1000

/* Singleton: standard error is one, too. Set before other threads start. */
static struct {
    const char *daemon;
    enum log_level least;
    enum log_format format;
    int worker; /* -1: none */
} logger = {.least = LOG_LEVEL_INFO, .worker = -1};

static const char *const LEVELS[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_ERROR] = "error",
};

/* What does not fit is left out and noted in `full`. */
struct line {
    char text[LINE_MAX_BYTES];
    size_t n;
    size_t limit;
    bool full;
};

void log_setup(const char *daemon, enum log_level least, enum log_format format)
{
    logger.daemon = daemon;
    logger.least = least;
    logger.format = format;
}

void log_set_worker(int worker)
{
    logger.worker = worker;
}

bool log_enabled(enum log_level level)
{
    return level >= logger.least;
}

static bool is_json(void)
{
    return logger.format == LOG_FORMAT_JSON;
}

static void add(struct line *line, str s)
{
    if (s.n > line->limit - line->n) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->n, s.p, s.n);
    line->n += s.n;
}

/* --- Values ----------------------------------------------------------------------------------- */

/* Length of the character at the start of `s`, 0 when its bytes are not UTF-8. */
static size_t character_length(str s)
{
    for (size_t n = 1; n <= 4 && n <= s.n; n++)
        if (str_is_utf8(str_from(s.p, n)))
            return n;
    return 0;
}

/* Whether a character could spoil or disguise a line: control characters (C0, DEL, C1), line and
 * paragraph separators, and what turns the direction of writing around. */
static bool is_unsafe(str character, unsigned *point_out)
{
    const unsigned char *p = (const unsigned char *)character.p;

    switch (character.n) {
    case 1: *point_out = p[0]; return p[0] < ' ' || p[0] == 0x7F;
    case 2: *point_out = p[1]; return p[0] == 0xC2 && p[1] < 0xA0;
    case 3:
        *point_out = (p[0] & 0xFU) << 12 | (p[1] & 0x3FU) << 6 | (p[2] & 0x3FU);
        return (*point_out >= 0x2028 && *point_out <= 0x202E) ||
               (*point_out >= 0x2066 && *point_out <= 0x2069);
    default: return false;
    }
}

/* How the first character of *rest is written between quotes; *rest moves past it. */
static size_t encode(str *rest, char to[UNIT_MAX])
{
    size_t n = character_length(*rest);
    str here = str_from(rest->p, n == 0 ? 1 : n);
    unsigned point;

    *rest = str_skip(*rest, here.n);
    if (n == 0)
        return (size_t)(is_json() ? snprintf(to, UNIT_MAX, "\\ufffd")
                                  : snprintf(to, UNIT_MAX, "\\x%02x", (unsigned char)here.p[0]));
    if (is_unsafe(here, &point))
        return (size_t)snprintf(to, UNIT_MAX, "\\u%04x", point & 0xFFFF);
    size_t backslash = here.p[0] == '"' || here.p[0] == '\\';
    to[0] = '\\';
    memcpy(to + backslash, here.p, here.n);
    return backslash + here.n;
}

static bool needs_quotes(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("\"=\\", text.p[i]) != NULL)
            return true;
    return text.n == 0;
}

static void add_quoted(struct line *line, str text)
{
    const size_t room = VALUE_MAX - 2 - (sizeof CUT_TEXT - 1);
    size_t from = line->n + 1;
    char unit[UNIT_MAX];

    add(line, STR("\""));
    while (text.n > 0 && !line->full) {
        size_t n = encode(&text, unit);
        if (line->n - from + n > room) {
            add(line, STR(CUT_TEXT));
            break;
        }
        add(line, str_from(unit, n));
    }
    add(line, STR("\""));
}

static void add_text(struct line *line, str text)
{
    if (is_json() || needs_quotes(text) || text.n > VALUE_MAX)
        add_quoted(line, text);
    else
        add(line, text);
}

/* --- Lines ------------------------------------------------------------------------------------ */

static void add_key(struct line *line, const char *key)
{
    bool first = line->n == 0;

    if (!is_json()) {
        add(line, first ? STR("") : STR(" "));
        add(line, str_of(key));
        add(line, STR("="));
        return;
    }
    add(line, first ? STR("{\"") : STR(",\""));
    add(line, str_of(key));
    add(line, STR("\":"));
}

static void add_field(struct line *line, const struct log_field *field)
{
    char digits[DECIMAL_MAX];

    add_key(line, field->key);
    if (field->kind == LOG_FIELD_INT)
        add(line, str_from(digits, decimal_write(digits, field->number)));
    else
        add_text(line, field->text);
}

static void add_head(struct line *line, enum log_level level, const char *message)
{
    int64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / MS_PER_S);
    struct tm utc = {0};
    char date[32];
    char time[64];

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(time, sizeof time, "%s.%03dZ", date, (int)(now % MS_PER_S));
    add_field(line, &F_Z("ts", time));
    add_field(line, &F_Z("level", LEVELS[level]));
    if (logger.daemon != NULL)
        add_field(line, &F_Z("daemon", logger.daemon));
    if (logger.worker >= 0)
        add_field(line, &F_INT("worker", logger.worker));
    add_field(line, &F_Z("msg", message));
}

static void add_field_or_nothing(struct line *line, const struct log_field *field)
{
    size_t before = line->n;

    add_field(line, field);
    if (line->full)
        line->n = before;
}

static void add_trace(struct line *line)
{
    struct trace trace;

    if (!trace_current(&trace))
        return;
    add_field_or_nothing(line, &F_Z("request", trace.request));
    if (!line->full)
        add_field_or_nothing(line, &F_Z("trace", trace.id));
}

/* Whole fields only, so that a line of JSON stays JSON however long it would have been. */
static void build(struct line *line, enum log_level level, const char *message,
                  const struct log_field *fields, size_t n)
{
    const str cut = is_json() ? STR(",\"cut\":true") : STR(" cut=true");
    const str end = is_json() ? STR("}\n") : STR("\n");

    line->limit = sizeof line->text - cut.n - end.n;
    add_head(line, level, message);
    for (size_t i = 0; i < n && !line->full; i++)
        add_field_or_nothing(line, &fields[i]);
    if (!line->full)
        add_trace(line);
    line->limit = sizeof line->text;
    if (line->full)
        add(line, cut);
    add(line, end);
}

/* When standard error takes nothing, there is nowhere to say so. */
static void put(str text)
{
    while (text.n > 0) {
        ssize_t n = write(STDERR_FILENO, text.p, text.n);
        if (n > 0)
            text = str_skip(text, (size_t)n);
        else if (n == 0 || errno != EINTR)
            return;
    }
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t n)
{
    struct line line;
    int saved_errno = errno;

    if (!log_enabled(level))
        return;
    line.n = 0;
    line.full = false;
    build(&line, level, message, fields, n);
    put(str_from(line.text, line.n));
    errno = saved_errno;
}
