#include "chaos_victim.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include "fmt.h"
#include "wait.h"

#define LOOK_MS 30 /* how often it is looked whether it is up again */

int mishaps_chance(struct mishaps *m, int below)
{
    return rand_r(&m->options.seed) % below;
}

void mishaps_note(struct mishaps *m, const char *format, ...)
{
    int64_t ms = clock_mono_ms();
    va_list args;

    va_start(args, format);
    buf_printf(&m->log, "[%lld.%03lld] %s\n", (long long)ms / 1000, (long long)ms % 1000,
               fmt_v(format, args));
    va_end(args);
}

/* Half of that time to all of it. */
static int64_t from_now(struct victim *v, int ms)
{
    return clock_mono_ms() + ms / 2 + mishaps_chance(v->mishaps, ms / 2 + 1);
}

static struct process *process_of(const struct victim *v)
{
    return v->daemon ? &v->daemon->process : &v->redis->process;
}

static size_t workers_of(const struct victim *v, pid_t *pids, size_t max)
{
    return v->daemon ? daemon_workers(v->daemon, pids, max) : 0;
}

/* --- what happens to it ------------------------------------------------------------------------ */

void victim_kill(struct victim *v)
{
    struct mishaps *m = v->mishaps;
    pid_t workers[VICTIM_WORKERS_MAX];
    size_t n = workers_of(v, workers, VICTIM_WORKERS_MAX);

    mishaps_note(m, "kill -9 %s", v->name);
    process_kill9(process_of(v));
    if (v->daemon)
        v->daemon->port = 0;
    v->state = VICTIM_DOWN;
    v->until_ms = from_now(v, m->options.pause_ms);
    for (size_t i = 0; i < n && m->orphans_n < ORPHANS_MAX; i++)
        m->orphans[m->orphans_n++] = workers[i];
}

void victim_end(struct victim *v)
{
    mishaps_note(v->mishaps, "SIGTERM %s", v->name);
    process_signal(process_of(v), SIGTERM);
    v->daemon->port = 0;
    v->state = VICTIM_DRAINING;
    v->until_ms = clock_mono_ms() + 2 * PATIENCE_MS;
}

static void signal_all(const struct victim *v, int signal)
{
    for (size_t i = 0; i < v->stopped_n; i++)
        (void)kill(v->stopped[i], signal);
}

static void stop_these(struct victim *v)
{
    signal_all(v, SIGSTOP);
    v->state = VICTIM_STOPPED;
    v->until_ms = from_now(v, v->mishaps->options.stop_ms);
}

void victim_stop(struct victim *v)
{
    mishaps_note(v->mishaps, "SIGSTOP %s", v->name);
    v->stopped[0] = process_of(v)->pid;
    v->stopped_n = 1 + workers_of(v, v->stopped + 1, VICTIM_WORKERS_MAX);
    stop_these(v);
}

static pid_t some_worker(const struct victim *v)
{
    pid_t workers[VICTIM_WORKERS_MAX];
    size_t n = workers_of(v, workers, VICTIM_WORKERS_MAX);

    return n > 0 ? workers[mishaps_chance(v->mishaps, (int)n)] : 0;
}

bool victim_kill_worker(struct victim *v)
{
    pid_t pid = some_worker(v);

    if (pid == 0)
        return false;
    mishaps_note(v->mishaps, "kill -9 a worker of %s", v->name);
    (void)kill(pid, SIGKILL);
    return true;
}

bool victim_stop_worker(struct victim *v)
{
    v->stopped[0] = some_worker(v);
    v->stopped_n = 1;
    if (v->stopped[0] == 0)
        return false;
    mishaps_note(v->mishaps, "SIGSTOP a worker of %s", v->name);
    stop_these(v);
    return true;
}

bool victim_has_workers(const struct victim *v)
{
    return workers_of(v, NULL, 0) > 0;
}

/* --- how it goes on ---------------------------------------------------------------------------- */

static _Noreturn void fail_with_log(const struct victim *v, const char *what)
{
    struct buf log = {0};

    process_log(process_of(v), &log);
    fail_at(HERE, "%s %s; its log ends:\n%s", v->name, what,
            buf_cstr(&log) + (log.n > 800 ? log.n - 800 : 0));
}

static void begin(struct victim *v)
{
    mishaps_note(v->mishaps, "%s begins", v->name);
    if (v->daemon)
        daemon_begin(v->daemon);
    else
        redis_server_begin(v->redis);
    v->state = VICTIM_STARTING;
}

static void look(struct victim *v)
{
    bool up = v->daemon ? daemon_listens(v->daemon) : redis_server_answers(v->redis);

    if (up)
        mishaps_note(v->mishaps, "%s is up", v->name);
    v->state = up ? VICTIM_UP : VICTIM_STARTING;
    v->until_ms = clock_mono_ms() + LOOK_MS;
}

static void let_go(struct victim *v)
{
    mishaps_note(v->mishaps, "SIGCONT %s", v->name);
    signal_all(v, SIGCONT);
    v->state = VICTIM_UP;
}

static void drained(struct victim *v)
{
    int status = process_of(v)->status;

    if (status != 0)
        checker_object(v->mishaps->checker, "%s ended with %d after SIGTERM", v->name, status);
    v->state = VICTIM_DOWN;
    v->until_ms = from_now(v, v->mishaps->options.pause_ms / 2);
}

void victim_go_on(struct victim *v)
{
    bool due = clock_mono_ms() >= v->until_ms;
    bool runs = process_alive(process_of(v));

    if (v->state == VICTIM_UP && !runs)
        fail_with_log(v, "has ended by itself");
    if (v->state == VICTIM_DRAINING && !runs)
        drained(v);
    else if (v->state == VICTIM_DRAINING && due)
        fail_with_log(v, "does not end after SIGTERM");
    else if (v->state == VICTIM_DOWN && due)
        begin(v);
    else if (v->state == VICTIM_STARTING && due)
        look(v);
    else if (v->state == VICTIM_STOPPED && due)
        let_go(v);
}
