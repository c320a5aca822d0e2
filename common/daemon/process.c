#include "daemon/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define NS_PER_S 1e9
#define PATH_MAX_BYTES 48
#define STAT_MAX 1024
#define START_TIME_FIELD 22 /* proc(5), /proc/[pid]/stat */
#define RESIDENT_FIELD 24

static bool seconds_of(clockid_t clock, double *seconds_out)
{
    struct timespec t;

    if (clock_gettime(clock, &t) != 0)
        return false;
    *seconds_out = (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
    return true;
}

static bool cpu_seconds(pid_t pid, double *value_out)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 && seconds_of(clock, value_out);
}

static void path_of(char path[PATH_MAX_BYTES], pid_t pid, const char *file)
{
    (void)snprintf(path, PATH_MAX_BYTES, "/proc/%d/%s", (int)pid, file);
}

/* Field `number` of a /proc/[pid]/stat, counted from 1. The second is the program's name in
 * parentheses and may hold anything, so we count from behind it. */
static bool field_of(str stat, int number, int64_t *value_out)
{
    const char *name_end = memrchr(stat.p, ')', stat.n);
    str field = STR_NONE;

    if (name_end == NULL)
        return false;
    str rest = str_skip(stat, (size_t)(name_end - stat.p) + 2);
    for (int i = 2; i < number; i++)
        if (!str_split(&rest, ' ', &field))
            return false;
    return str_to_i64(field, value_out);
}

static bool stat_field(pid_t pid, int number, int64_t *value_out)
{
    char path[PATH_MAX_BYTES];
    char bytes[STAT_MAX];

    path_of(path, pid, "stat");
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    str stat = str_from(bytes, fread(bytes, 1, sizeof bytes, file));
    (void)fclose(file);
    return field_of(stat, number, value_out);
}

static bool start_time(pid_t pid, double *value_out)
{
    int64_t ticks;
    double since_boot;
    double now;

    if (!stat_field(pid, START_TIME_FIELD, &ticks) || !seconds_of(CLOCK_BOOTTIME, &since_boot) ||
        !seconds_of(CLOCK_REALTIME, &now))
        return false;
    *value_out = now - since_boot + (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return true;
}

static bool resident_bytes(pid_t pid, double *value_out)
{
    int64_t pages;

    if (!stat_field(pid, RESIDENT_FIELD, &pages))
        return false;
    *value_out = (double)pages * (double)sysconf(_SC_PAGESIZE);
    return true;
}

static bool files_max(pid_t pid, double *value_out)
{
    struct rlimit limit;

    if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) != 0)
        return false;
    *value_out = (double)limit.rlim_cur;
    return true;
}

static bool files_open(pid_t pid, double *value_out)
{
    char path[PATH_MAX_BYTES];
    int n = pid == getpid() ? -3 : -2; /* . and .., and the one that we read our own with */

    path_of(path, pid, "fd");
    DIR *directory = opendir(path);
    if (directory == NULL)
        return false;
    while (readdir(directory) != NULL)
        n++;
    (void)closedir(directory);
    *value_out = n;
    return true;
}

const struct process_figure PROCESS_FIGURES[PROCESS_FIGURES_N] = {
    {"process_cpu_seconds_total", "counter", "Processor time used.", cpu_seconds},
    {"process_start_time_seconds", "gauge", "Start of the process, Unix time.", start_time},
    {"process_resident_memory_bytes", "gauge", "Memory in use.", resident_bytes},
    {"process_max_fds", "gauge", "Files that may be open.", files_max},
    {"process_open_fds", "gauge", "Files that are open.", files_open},
};
