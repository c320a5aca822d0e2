#include "daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fmt.h"
#include "http.h"
#include "redis_server.h"
#include "wait.h"

const char *daemon_path(const char *program)
{
    const char *bin = getenv("CHATAPP_BIN");
    char self[512];
    ssize_t n;

    if (bin != NULL)
        return fmt("%s/%s", bin, program);
    n = readlink("/proc/self/exe", self, sizeof self);
    while (n > 0 && self[n - 1] != '/')
        n--;
    return fmt("%.*s%s", (int)n, self, program);
}

/* --- its flags ------------------------------------------------------------------------------- */

static size_t flag_name_length(const char *flag)
{
    return strcspn(flag, "=");
}

static bool has_flag(const struct daemon *d, const char *flag)
{
    size_t n = flag_name_length(flag);

    for (size_t i = 0; i < d->n_flags; i++)
        if (flag_name_length(d->flags[i]) == n && strncmp(d->flags[i], flag, n) == 0)
            return true;
    return false;
}

static void add_flag(struct daemon *d, const char *flag)
{
    if (d->n_flags == DAEMON_FLAGS_MAX)
        fail_at(HERE, "too many flags");
    d->flags[d->n_flags++] = str_dup(str_of(flag));
}

static void add_default(struct daemon *d, const char *flag)
{
    if (!has_flag(d, flag))
        add_flag(d, flag);
}

static const char *const API_DEFAULTS[] = {"--password-hash-memory-kib=64",
                                           "--password-hash-passes=1",
                                           "--rate-signup=0",
                                           "--rate-login=0",
                                           "--rate-rooms=0",
                                           NULL};
static const char *const CHAT_DEFAULTS[] = {"--rate-send=0", "--max-connections-per-user=0",
                                            "--max-connections-per-address=0", NULL};
static const char *const PRESENCE_DEFAULTS[] = {"--rate-status=0", "--max-connections-per-user=0",
                                                "--max-connections-per-address=0", NULL};

static const char *const NOTIFICATION_DEFAULTS[] = {
    "--allow-private-urls",     "--delivery-timeout-ms=2000", "--delivery-connect-ms=1000",
    "--retry-first-ms=50",      "--retry-longest-ms=400",     "--breaker-first-ms=100",
    "--breaker-longest-ms=400", "--claim-after-ms=1000",      NULL};

static void add_defaults(struct daemon *d, const char *const *flags)
{
    for (; *flags != NULL; flags++)
        add_default(d, *flags);
}

void daemon_init(struct daemon *d, const char *program, const char *name,
                 const struct temp_dir *dir, const char *redis_url, const char *const *flags)
{
    *d = (struct daemon){0};
    (void)snprintf(d->program, sizeof d->program, "%s", program);
    (void)snprintf(d->name, sizeof d->name, "%s", name);
    (void)snprintf(d->dir, sizeof d->dir, "%s", dir->path);
    for (; flags != NULL && *flags != NULL; flags++)
        add_flag(d, *flags);
    add_default(d, "--listen=127.0.0.1");
    add_default(d, "--port=0");
    add_default(d, "--log-level=debug");
    add_default(d, "--drain-s=1");
    add_default(d, fmt("--redis-url=%s", redis_url_for(program, redis_url)));
    if (strcmp(program, "api-server") == 0) {
        add_default(d, fmt("--data-dir=%s", dir->path)); /* the signing key */
        add_defaults(d, API_DEFAULTS);
    }
    if (strcmp(program, "chat-server") == 0)
        add_defaults(d, CHAT_DEFAULTS);
    if (strcmp(program, "presence-server") == 0)
        add_defaults(d, PRESENCE_DEFAULTS);
    if (strcmp(program, "notification-server") == 0)
        add_defaults(d, NOTIFICATION_DEFAULTS);
}

void daemon_fini(struct daemon *d)
{
    for (size_t i = 0; i < d->n_flags; i++)
        free(d->flags[i]);
    *d = (struct daemon){0};
}

/* --- its life -------------------------------------------------------------------------------- */

static void fail_with_log(struct daemon *d, const char *what)
{
    struct buf log = {0};

    process_log(&d->process, &log);
    size_t from = log.n > 4000 ? log.n - 4000 : 0;
    const char *tail = fmt("%s", buf_cstr(&log) + from);
    buf_fini(&log);
    fail_at(HERE, "%s %s (status %d); its log ends:\n%s", d->name, what, d->process.status, tail);
}

/* From `msg=listening … port=N`; 0 when it is not there yet. */
static int listening_port(struct daemon *d)
{
    struct buf log = {0};
    int port = 0;

    if (!process_alive(&d->process))
        fail_with_log(d, "has ended instead of listening");
    process_log(&d->process, &log);
    const char *line = strstr(buf_cstr(&log), "msg=listening");
    const char *end = line ? strchr(line, '\n') : NULL;
    const char *field = line ? strstr(line, " port=") : NULL;
    if (end != NULL && field != NULL && field < end)
        port = (int)strtol(field + strlen(" port="), NULL, 10);
    buf_fini(&log);
    return port;
}

void daemon_begin(struct daemon *d)
{
    const char *argv[DAEMON_FLAGS_MAX + 2] = {daemon_path(d->program)};

    for (size_t i = 0; i < d->n_flags; i++)
        argv[i + 1] = d->flags[i];
    process_start(&d->process, argv, NULL, fmt("%s/%s.log", d->dir, d->name));
    d->port = 0;
}

bool daemon_listens(struct daemon *d)
{
    if (d->port == 0)
        d->port = listening_port(d);
    return d->port != 0;
}

void daemon_launch(struct daemon *d)
{
    daemon_begin(d);
    WAIT_UNTIL(daemon_listens(d));
}

static bool is_ready(struct daemon *d)
{
    if (!process_alive(&d->process))
        fail_with_log(d, "has ended instead of becoming ready");
    return http_status_of(d->port, "/readyz") == 200;
}

void daemon_wait_ready(struct daemon *d)
{
    WAIT_UNTIL(is_ready(d));
}

void daemon_up(struct daemon *d)
{
    daemon_launch(d);
    daemon_wait_ready(d);
}

void daemon_kill9(struct daemon *d)
{
    process_kill9(&d->process);
}

int daemon_terminate(struct daemon *d)
{
    process_signal(&d->process, SIGTERM);
    return process_wait(&d->process);
}

size_t daemon_workers(const struct daemon *d, pid_t *pids_out, size_t max)
{
    FILE *children =
        fopen(fmt("/proc/%d/task/%d/children", (int)d->process.pid, (int)d->process.pid), "re");
    size_t n = 0;
    int pid;

    if (children == NULL)
        return 0;
    while (fscanf(children, "%d", &pid) == 1)
        if (n++ < max)
            pids_out[n - 1] = pid;
    (void)fclose(children);
    return n;
}

bool daemon_log_has(const struct daemon *d, const char *text)
{
    return process_log_has(&d->process, text);
}

double daemon_metric(struct daemon *d, const char *name)
{
    struct http http = {0};
    const struct http_answer *a = http_at(&http, d->port, "GET", "/metrics", NULL, NULL);
    const char *text = fmt("\n%.*s", STR_ARG(buf_view(&a->text)));
    const char *line = strstr(text, fmt("\n%s ", name));
    double value = line ? strtod(line + strlen(name) + 2, NULL) : -1;

    http_fini(&http);
    return value;
}
