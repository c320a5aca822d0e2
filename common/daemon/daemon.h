/* What all four daemons share between main() and their own work: the common settings, --help,
 * --version and --check-config, logging, libsodium, and SIGPIPE.
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct chat_settings settings;
 *         int status;
 *         if (!daemon_start(&CHAT_PROGRAM, argc, argv, &settings, &status))
 *             return status;
 *         return workers_run(&settings.common, settings.workers, work, &settings);
 *     } */
#ifndef CHATAPP_DAEMON_DAEMON_H
#define CHATAPP_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/log.h"
#include "daemon/settings.h"

#define CHATAPP_VERSION "0.1.0"

struct daemon_program;

/* First member of every daemon's own settings struct. */
struct daemon_settings {
    const char *listen;        /* address, default 127.0.0.1 */
    int64_t port;              /* 0: the system picks one, the log says which */
    const char *advertise_url; /* advertise.h */
    const char *redis_url;
    const char *trusted_proxies; /* proxies.h, where they are parsed */
    int64_t log_level;           /* enum log_level */
    int64_t log_format;          /* enum log_format */
    bool metrics;                /* counted, and served at /metrics */
    int64_t drain_s;             /* how long SIGTERM lets clients and requests finish */
    bool check_config;
    bool check_health;
    const struct daemon_program *program; /* whose settings these are */
};

struct daemon_program {
    const char *name;          /* "chat-server" */
    const char *summary;       /* one line for --help */
    struct setting_table own;  /* rows beyond the common ones */
    struct setting_table more; /* and further ones, of a command; or {0} */
    const char *env_prefix;    /* "CHAT": CHATAPP_CHAT_PORT, CHATAPP_CHAT_LISTEN, … */
    const char *default_port;
    const char *kind;   /* as the service registry knows it: "chat" */
    const char *scheme; /* of its URL: "ws" or "http" */
    const char *path;   /* and what that ends with: "/chat" */
    /* What no row can say about a value, or NULL; *why as settings_load() has it. */
    enum err (*check)(const void *settings, struct buf *why);
};

/* True: settings are loaded, logging is up, SIGPIPE is ignored, libsodium is ready: go on.
 * False: the process ends with *status_out (0 after --help, --version and a good --check-config
 * or --check-health; 1 after a bad --check-health;
 * 2 after a bad setting, which stderr names). */
bool daemon_start(const struct daemon_program *program, int argc, char **argv, void *settings_out,
                  int *status_out);

#endif
