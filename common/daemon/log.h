/* Structured logging to standard error: one line an event, logfmt or JSON, one write(2) a line.
 *
 *     log_info("signed in", F_STR("user", user), F_INT("conversations", n));
 *     ts=2026-11-22T16:38:06.123Z level=info daemon=chat-server msg="signed in" user=alice conversations=3
 *
 * What a thread logs between trace_enter() and trace_leave() (trace.h) names the request, too.
 * Values may hold anything: control characters, quotes and invalid UTF-8 are encoded, long ones cut.
 * Never pass a password, token, key or URL with a password in it. Thread-safe. */
#ifndef CHATAPP_DAEMON_LOG_H
#define CHATAPP_DAEMON_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

enum log_field_kind { LOG_FIELD_NONE, LOG_FIELD_STR, LOG_FIELD_INT };

struct log_field {
    const char *key;
    enum log_field_kind kind;
    union {
        str text;
        int64_t number;
    };
};

#define F_STR(name, view) ((struct log_field){.key = (name), .kind = LOG_FIELD_STR, .text = (view)})
#define F_Z(name, cstring) F_STR(name, str_of(cstring))
#define F_INT(name, value)                                                                         \
    ((struct log_field){.key = (name), .kind = LOG_FIELD_INT, .number = (int64_t)(value)})

/* Before the first line; until then lines are logfmt from level info on. `daemon` must stay valid. */
void log_setup(const char *daemon, enum log_level least, enum log_format format);
/* This process is one of several workers: each of its lines says so (worker=0). */
void log_set_worker(int worker);
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t n);

#define LOG_AT(level, message, ...)                                                                \
    do {                                                                                           \
        if (log_enabled(level)) {                                                                  \
            const struct log_field log_fields_[] = {{0}, ##__VA_ARGS__};                           \
            log_write(level, message, log_fields_ + 1,                                             \
                      sizeof log_fields_ / sizeof log_fields_[0] - 1);                             \
        }                                                                                          \
    } while (0)
#define log_debug(message, ...) LOG_AT(LOG_LEVEL_DEBUG, message, ##__VA_ARGS__)
#define log_info(message, ...) LOG_AT(LOG_LEVEL_INFO, message, ##__VA_ARGS__)
#define log_warn(message, ...) LOG_AT(LOG_LEVEL_WARN, message, ##__VA_ARGS__)
#define log_error(message, ...) LOG_AT(LOG_LEVEL_ERROR, message, ##__VA_ARGS__)

#endif
