#include "daemon/workers.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/listening.h"
#include "daemon/metrics.h"
#include "daemon/service.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000
#define YOUNG_MS 5000
#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 5000
#define GRACE_MS 8000 /* beyond the drain time, for what comes after it */
#define LONG_MS 60000

struct worker {
    pid_t pid;           /* 0: does not run */
    int listen_fd;       /* -1: closed */
    int64_t started_ms;  /* 0: never */
    int64_t start_at_ms; /* when it does not run */
    int64_t back_off_ms; /* the latest */
    int64_t restarts;
};

struct supervisor {
    const struct daemon_settings *settings;
    worker_fn *work;
    const void *context;
    sigset_t signals; /* blocked, and waited for */
    sigset_t mask;    /* a worker's at first */
    size_t n;
    size_t n_running;
    bool ending;
    int64_t kill_at_ms;
    int status; /* once all have ended */
    struct worker workers[WORKERS_MAX];
};

/* Was any worker ever ready? Shared by all of them; NULL in a daemon without workers. */
static atomic_bool *any_was_ready;
static bool is_worker;

static struct metric running = {
    .name = "chatapp_workers", .help = "1 while the worker runs.", .kind = METRIC_GAUGE};
static struct metric restarts = {.name = "chatapp_worker_restarts_total",
                                 .help =
                                     "Times that the worker ended by itself and was started again.",
                                 .kind = METRIC_COUNTER};

int64_t workers_back_off_ms(int64_t wait_ms, int64_t lived_ms)
{
    if (lived_ms >= YOUNG_MS)
        return 0;
    if (wait_ms == 0)
        return BACK_OFF_MIN_MS;
    return wait_ms * 2 < BACK_OFF_MAX_MS ? wait_ms * 2 : BACK_OFF_MAX_MS;
}

/* ---- in a worker ---- */

static void stop_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
}

void workers_hear_signals(void)
{
    sigset_t set;
    stop_signals(&set);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void workers_mute_signals(void)
{
    sigset_t set;
    stop_signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool workers_is_worker(void)
{
    return is_worker;
}

void workers_tell_ready(void)
{
    if (is_worker)
        atomic_store(any_was_ready, true);
}

static _Noreturn void be_worker(struct supervisor *s, size_t number, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        exit(EXIT_FAILURE); /* it died before that */
    is_worker = true;
    log_set_worker((int)number);
    metrics_count_in(number);
    for (size_t i = 0; i < s->n; i++)
        if (i != number)
            (void)close(s->workers[i].listen_fd);
    (void)sigprocmask(SIG_SETMASK, &s->mask, NULL);
    exit(s->work(s->context, s->workers[number].listen_fd));
}

/* ---- starting ---- */

static void start(struct supervisor *s, size_t number)
{
    struct worker *w = &s->workers[number];
    pid_t parent = getpid();
    int64_t now = clock_mono_ms();
    bool again = w->started_ms != 0;
    pid_t pid = fork();

    if (pid == 0)
        be_worker(s, number, parent);
    if (pid < 0) {
        w->back_off_ms = workers_back_off_ms(w->back_off_ms, 0);
        w->start_at_ms = now + w->back_off_ms;
        log_error("cannot start a worker", F_INT("worker", number), F_Z("why", strerror(errno)));
        return;
    }
    w->pid = pid;
    w->started_ms = now;
    w->restarts += again;
    s->n_running++;
    metrics_set_in(number, &running, 1);
    metrics_set_in(number, &restarts, w->restarts);
    log_info("worker started", F_INT("worker", number), F_INT("pid", pid));
}

static void start_due(struct supervisor *s)
{
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < s->n; i++)
        if (s->workers[i].pid == 0 && s->workers[i].start_at_ms <= now)
            start(s, i);
}

/* ---- ending ---- */

static void signal_all(const struct supervisor *s, int number)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->workers[i].pid != 0)
            (void)kill(s->workers[i].pid, number);
}

static void close_sockets(struct supervisor *s)
{
    for (size_t i = 0; i < s->n; i++) {
        (void)close(s->workers[i].listen_fd);
        s->workers[i].listen_fd = -1;
    }
}

/* Nobody waits in the queue of a worker that will not accept any more. */
static void end_all(struct supervisor *s, int status)
{
    if (s->ending)
        return;
    s->ending = true;
    s->status = status;
    s->kill_at_ms = clock_mono_ms() + s->settings->drain_s * MS_PER_S + GRACE_MS;
    service_stopping();
    close_sockets(s);
    signal_all(s, SIGTERM);
}

static void kill_late(struct supervisor *s)
{
    if (!s->ending || clock_mono_ms() < s->kill_at_ms)
        return;
    log_error("workers do not end: killing them", F_INT("workers", s->n_running));
    s->kill_at_ms = INT64_MAX;
    signal_all(s, SIGKILL);
}

/* ---- those that have ended ---- */

static void log_end(size_t number, int status, int64_t lived_ms, bool expected)
{
    const struct log_field fields[] = {
        F_INT("worker", number),
        WIFSIGNALED(status) ? F_INT("signal", WTERMSIG(status))
                            : F_INT("status", WEXITSTATUS(status)),
        F_INT("lived_ms", lived_ms),
    };

    log_write(expected ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "worker ended", fields, 3);
}

/* A setting that only shows itself at work: the others will fail the same way, and so will the next one. */
static bool cannot_work(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 && !atomic_load(any_was_ready);
}

static void ended(struct supervisor *s, size_t number, int status)
{
    struct worker *w = &s->workers[number];
    int64_t now = clock_mono_ms();
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    log_end(number, status, now - w->started_ms, s->ending && good);
    w->pid = 0;
    s->n_running--;
    w->back_off_ms = workers_back_off_ms(w->back_off_ms, now - w->started_ms);
    w->start_at_ms = now + w->back_off_ms;
    metrics_clear(number);
    metrics_set_in(number, &restarts, w->restarts);
    if (s->ending) {
        s->status = good || s->status != 0 ? s->status : EXIT_FAILURE;
    } else if (cannot_work(status)) {
        log_error("cannot start: a worker failed before any was ready",
                  F_INT("status", WEXITSTATUS(status)));
        end_all(s, WEXITSTATUS(status));
    }
}

static void reap(struct supervisor *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < s->n; i++)
            if (s->workers[i].pid == pid) {
                ended(s, i, status);
                break;
            }
}

/* ---- the supervisor ---- */

static int64_t next_at_ms(const struct supervisor *s)
{
    int64_t at = s->ending ? s->kill_at_ms : INT64_MAX;

    for (size_t i = 0; i < s->n && !s->ending; i++)
        if (s->workers[i].pid == 0 && s->workers[i].start_at_ms < at)
            at = s->workers[i].start_at_ms;
    return at;
}

/* Until a signal, or something is due. A signal that came meanwhile is pending: none is missed. */
static void await(struct supervisor *s)
{
    int64_t now = clock_mono_ms();
    int64_t at = next_at_ms(s);
    int64_t ms = at <= now ? 0 : at - now > LONG_MS ? LONG_MS : at - now;
    struct timespec time = {ms / MS_PER_S, ms % MS_PER_S * NS_PER_MS};
    int number = sigtimedwait(&s->signals, NULL, &time);

    if ((number != SIGTERM && number != SIGINT) || s->ending)
        return;
    log_info("stopping the workers", F_INT("signal", number), F_INT("workers", s->n_running));
    end_all(s, EXIT_SUCCESS);
}

static void watch_signals(struct supervisor *s)
{
    (void)signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody can be waited for */
    stop_signals(&s->signals);
    (void)sigaddset(&s->signals, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &s->signals, &s->mask);
}

static int supervise(struct supervisor *s)
{
    watch_signals(s);
    for (;;) {
        reap(s);
        if (s->ending && s->n_running == 0)
            break;
        if (!s->ending)
            start_due(s);
        kill_late(s);
        await(s);
    }
    log_info("stopped");
    return s->status;
}

static bool share_memory(size_t n)
{
    void *page = mmap(NULL, sizeof *any_was_ready, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED || !metrics_share(n))
        return false;
    any_was_ready = page;
    metric_register(&running);
    metric_register(&restarts);
    return true;
}

static int run_several(struct supervisor *s, const int *fds)
{
    if (!share_memory(s->n)) {
        log_error("cannot start", F_Z("why", "no memory to share with the workers"));
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < s->n; i++)
        s->workers[i].listen_fd = fds[i];
    return supervise(s);
}

/* ---- how many ---- */

static size_t cores(void)
{
    cpu_set_t set;
    long n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                         : sysconf(_SC_NPROCESSORS_ONLN);

    if (n < 1)
        return 1;
    return n < WORKERS_MAX ? (size_t)n : WORKERS_MAX;
}

int workers_run(const struct daemon_settings *settings, int64_t count, worker_fn *work,
                const void *context)
{
    static struct supervisor supervisor;
    int fds[WORKERS_MAX];
    struct buf why = {0};

    supervisor = (struct supervisor){.settings = settings,
                                     .work = work,
                                     .context = context,
                                     .n = count == SETTING_WORD ? cores() : (size_t)count};
    workers_mute_signals(); /* who reads that we listen may want us to end at once */
    if (listening_open(settings->listen, (int)settings->port, fds, supervisor.n, &why) != OK) {
        log_error("cannot start", F_STR("why", buf_view(&why)));
        buf_fini(&why);
        return EXIT_FAILURE;
    }
    log_info("listening", F_Z("address", settings->listen), F_INT("port", listening_port(fds[0])));
    service_ready();
    return supervisor.n == 1 ? work(context, fds[0]) : run_several(&supervisor, fds);
}
