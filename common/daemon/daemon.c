#include "daemon/daemon.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "daemon/advertise.h"
#include "daemon/health_probe.h"
#include "daemon/metrics.h"
#include "daemon/proxies.h"
#include "redis/redis_url.h"

#define STATUS_GOOD 0
#define STATUS_BROKEN 1
#define STATUS_BAD_SETTING 2

#define AT(member) offsetof(struct daemon_settings, member)
#define INT_ROW(...) INT_SETTING(struct daemon_settings, __VA_ARGS__)
#define TEXT_ROW(...) TEXT_SETTING(struct daemon_settings, __VA_ARGS__)
#define BOOL_ROW(...) BOOL_SETTING(struct daemon_settings, __VA_ARGS__)

enum { LISTEN, PORT, ADVERTISE };

/* The first three differ by daemon: rows_init() fills in what. */
static const struct setting COMMON[] = {
    [LISTEN] = TEXT_ROW("listen", listen, "127.0.0.1", "IP address to listen on"),
    [PORT] = {.flag = "port",
              .type = SETTING_INT,
              .offset = AT(port),
              .max = UINT16_MAX,
              .help = "TCP port to listen on; 0: any that is free"},
    [ADVERTISE] = TEXT_ROW("advertise-url", advertise_url, "",
                           "URL under which clients and the other servers reach this one; empty: "
                           "from --listen and --port"),
    {.flag = "redis-url",
     .type = SETTING_TEXT,
     .offset = AT(redis_url),
     .secret = true,
     .fallback = "redis://127.0.0.1:6379",
     .help = "redis://[user:pass@]host:port[/db] or unix://[user:pass@]/path"},
    TEXT_ROW("trusted-proxies", trusted_proxies, "",
             "Addresses and networks, with commas, whose X-Forwarded-For says who the client is"),
    {.flag = "log-level",
     .type = SETTING_CHOICE,
     .offset = AT(log_level),
     .fallback = "info",
     .choices = "debug|info|warn|error",
     .help = "Log nothing below this"},
    {.flag = "log-format",
     .type = SETTING_CHOICE,
     .offset = AT(log_format),
     .fallback = "logfmt",
     .choices = "logfmt|json",
     .help = "How a line of the log looks"},
    BOOL_ROW("metrics", metrics, "true", "Count what happens, and serve it at /metrics"),
    INT_ROW("drain-s", drain_s, "5", 0, 600,
            "Seconds that SIGTERM gives clients and requests to finish"),
    BOOL_ROW("check-config", check_config, "false",
             "Look at the settings, say whether they are good, and end"),
    BOOL_ROW("check-health", check_health, "false",
             "Ask the daemon that runs with these settings whether it is ready, and end"),
};

#define N_TABLES 3
#define N_COMMON (sizeof COMMON / sizeof COMMON[0])

struct rows {
    struct setting common[N_COMMON];
    struct buf listen_env;
    struct buf port_env;
    struct buf advertise_env;
    struct setting_table tables[N_TABLES];
};

static void rows_init(struct rows *rows, const struct daemon_program *program)
{
    *rows = (struct rows){0};
    memcpy(rows->common, COMMON, sizeof COMMON);
    buf_printf(&rows->listen_env, "CHATAPP_%s_LISTEN", program->env_prefix);
    buf_printf(&rows->port_env, "CHATAPP_%s_PORT", program->env_prefix);
    buf_printf(&rows->advertise_env, "CHATAPP_%s_ADVERTISE_URL", program->env_prefix);
    rows->common[ADVERTISE].env = buf_cstr(&rows->advertise_env);
    rows->common[LISTEN].env = buf_cstr(&rows->listen_env);
    rows->common[PORT].env = buf_cstr(&rows->port_env);
    rows->common[PORT].fallback = program->default_port;
    rows->tables[0] = (struct setting_table){rows->common, N_COMMON};
    rows->tables[1] = program->own;
    rows->tables[2] = program->more;
}

static void rows_fini(struct rows *rows)
{
    buf_fini(&rows->advertise_env);
    buf_fini(&rows->port_env);
    buf_fini(&rows->listen_env);
}

static bool has_argument(int argc, char *const *argv, str argument)
{
    for (int i = 1; i < argc; i++)
        if (str_eq(str_of(argv[i]), argument))
            return true;
    return false;
}

static void print_help(const struct daemon_program *program, const struct rows *rows)
{
    printf("%s: %s\n\n", program->name, program->summary);
    printf("usage: %s [--SETTING VALUE | --SETTING=VALUE]...\n\n", program->name);
    printf("A flag beats the environment variable below it, and that the default.\n\n");
    settings_print(rows->tables, N_TABLES, stdout);
    printf("\n  --help     print this\n  --version  print the version\n");
}

/* --help and --version, whatever else the command line says. */
static bool only_informs(const struct daemon_program *program, const struct rows *rows, int argc,
                         char *const *argv)
{
    if (has_argument(argc, argv, STR("--help"))) {
        print_help(program, rows);
        return true;
    }
    if (has_argument(argc, argv, STR("--version"))) {
        printf("%s %s\n", program->name, CHATAPP_VERSION);
        return true;
    }
    return false;
}

static bool is_address(const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* What a row of a table cannot say about a value. */
static enum err check_advertised(const struct daemon_settings *settings, struct buf *why)
{
    struct buf problem = {0};
    enum err err =
        advertise_check(str_of(settings->advertise_url), settings->program->scheme, &problem);

    if (err != OK)
        buf_printf(why, "--advertise-url: %s", buf_cstr(&problem));
    buf_fini(&problem);
    return err;
}

static enum err check_proxies(const struct daemon_settings *settings, struct buf *why)
{
    struct buf problem = {0};
    enum err err = proxies_parse(str_of(settings->trusted_proxies), &trusted_proxies, &problem);

    if (err != OK)
        buf_printf(why, "--trusted-proxies: %s", buf_cstr(&problem));
    buf_fini(&problem);
    return err;
}

static enum err check_common(const struct daemon_settings *settings, struct buf *why)
{
    struct redis_url url;
    const char *reason;

    if (!is_address(settings->listen)) {
        buf_printf(why, "--listen: must be an IPv4 or IPv6 address, not \"%s\"", settings->listen);
        return ERR_INVALID;
    }
    if (check_advertised(settings, why) != OK || check_proxies(settings, why) != OK)
        return ERR_INVALID;
    enum err err = redis_url_parse(str_of(settings->redis_url), &url, &reason);
    if (err != OK)
        buf_printf(why, "--redis-url: %s", reason);
    sodium_memzero(&url, sizeof url);
    return err;
}

static bool load(const struct daemon_program *program, const struct rows *rows, int argc,
                 char *const *argv, void *settings_out)
{
    struct buf why = {0};
    struct daemon_settings *common = settings_out;

    common->program = program;
    enum err err = settings_load(rows->tables, N_TABLES, argc, argv, settings_out, &why);

    if (err == OK)
        err = check_common(settings_out, &why);
    if (err == OK && program->check)
        err = program->check(settings_out, &why);
    if (err != OK)
        (void)fprintf(stderr, "%s: %s\n%s: try --help\n", program->name, buf_cstr(&why),
                      program->name);
    buf_fini(&why);
    return err == OK;
}

static bool prepare_process(const struct daemon_program *program)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error of write(2) */
    if (sodium_init() >= 0)
        return true;
    (void)fprintf(stderr, "%s: libsodium has no random numbers\n", program->name);
    return false;
}

static int check_health(const struct daemon_program *program,
                        const struct daemon_settings *settings)
{
    struct buf said = {0};

    if (settings->port == 0) {
        (void)fprintf(stderr, "%s: --check-health: needs to know the port\n", program->name);
        return STATUS_BAD_SETTING;
    }
    bool ready = health_probe(settings->listen, (int)settings->port, &said);
    (void)fprintf(ready ? stdout : stderr, "%s\n", buf_cstr(&said));
    buf_fini(&said);
    return ready ? STATUS_GOOD : STATUS_BROKEN;
}

bool daemon_start(const struct daemon_program *program, int argc, char **argv, void *settings_out,
                  int *status_out)
{
    const struct daemon_settings *settings = settings_out;
    struct rows rows;
    bool go_on = false;

    rows_init(&rows, program);
    if (!prepare_process(program)) {
        *status_out = STATUS_BROKEN;
    } else if (only_informs(program, &rows, argc, argv)) {
        *status_out = STATUS_GOOD;
    } else if (!load(program, &rows, argc, argv, settings_out)) {
        *status_out = STATUS_BAD_SETTING;
    } else if (settings->check_config) {
        printf("configuration is good\n");
        *status_out = STATUS_GOOD;
    } else if (settings->check_health) {
        *status_out = check_health(program, settings);
    } else {
        log_setup(program->name, (enum log_level)settings->log_level,
                  (enum log_format)settings->log_format);
        metrics_on = settings->metrics;
        go_on = true;
    }
    rows_fini(&rows);
    return go_on;
}
