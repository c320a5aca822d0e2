#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "wait.h"

extern char **environ;

/* Without the CHATAPP_ variables, so that no setting of the shell changes a test. The array is
 * the caller's. */
static const char **make_env(const char *const *more)
{
    const char **env = mem_array(NULL, 1, sizeof *env);
    size_t n = 0;

    for (char **e = environ; *e != NULL; e++) {
        if (strncmp(*e, "CHATAPP_", 8) == 0)
            continue;
        env = mem_array(env, n + 2, sizeof *env);
        env[n++] = *e;
    }
    for (; more != NULL && *more != NULL; more++) {
        env = mem_array(env, n + 2, sizeof *env);
        env[n++] = *more;
    }
    env[n] = NULL;
    return env;
}

static _Noreturn void child(const char *const *argv, const char **env, int out, int err,
                            pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    (void)execvpe(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
    (void)dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static pid_t spawn(const char *const *argv, const char *const *env, int out, int err)
{
    const char **all = make_env(env);
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0)
        child(argv, all, out, err, parent);
    free(all);
    if (pid < 0)
        fail_at(HERE, "fork: %s", strerror(errno));
    return pid;
}

void process_start(struct process *p, const char *const *argv, const char *const *env,
                   const char *log_path)
{
    struct stat info;
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (log < 0 || fstat(log, &info) != 0)
        fail_at(HERE, "%s: %s", log_path, strerror(errno));
    *p = (struct process){.log_start = (size_t)info.st_size};
    (void)snprintf(p->log_path, sizeof p->log_path, "%s", log_path);
    p->pid = spawn(argv, env, log, log);
    (void)close(log);
}

bool process_alive(struct process *p)
{
    int status;

    if (p->pid == 0)
        return false;
    if (waitpid(p->pid, &status, WNOHANG) == 0)
        return true;
    p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    p->pid = 0;
    return false;
}

void process_signal(const struct process *p, int signal)
{
    if (p->pid != 0)
        (void)kill(p->pid, signal);
}

int process_wait(struct process *p)
{
    WAIT_UNTIL(!process_alive(p));
    return p->status;
}

void process_kill9(struct process *p)
{
    process_signal(p, SIGKILL);
    (void)process_wait(p);
}

/* --- what it says ---------------------------------------------------------------------------- */

static void read_from(int fd, struct buf *out)
{
    ssize_t n;

    while ((n = read(fd, buf_reserve(out, 65536), 65536)) > 0)
        out->n += (size_t)n;
}

void process_log(const struct process *p, struct buf *out)
{
    int fd = open(p->log_path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)lseek(fd, (off_t)p->log_start, SEEK_SET);
    read_from(fd, out);
    (void)close(fd);
}

bool process_log_has(const struct process *p, const char *text)
{
    struct buf log = {0};

    process_log(p, &log);
    bool found = strstr(buf_cstr(&log), text) != NULL;
    buf_fini(&log);
    return found;
}

static int scratch_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        fail_at(HERE, "no scratch file: %s", strerror(errno));
    return fd;
}

static void collect(int fd, struct buf *out)
{
    (void)lseek(fd, 0, SEEK_SET);
    if (out != NULL)
        read_from(fd, out);
    (void)close(fd);
}

int process_run(const char *const *argv, const char *const *env, struct buf *out, struct buf *err)
{
    struct process p = {0};
    int out_file = scratch_file();
    int err_file = scratch_file();

    p.pid = spawn(argv, env, out_file, err_file);
    int status = process_wait(&p);
    collect(out_file, out);
    collect(err_file, err);
    return status;
}
