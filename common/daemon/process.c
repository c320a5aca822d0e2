#include "daemon/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1e9
#define STAT_MAX 1024
#define START_TIME_FIELD 22 /* proc(5), /proc/[pid]/stat */
#define RESIDENT_FIELD 24

static void render(struct buf *out, const char *name, const char *type, const char *help,
                   double value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

static double seconds_of(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

/* Field `number` of /proc/self/stat, counted from 1. The second is the program's name in
 * parentheses and may hold anything, so we count from behind it. */
static bool stat_field(str stat, int number, int64_t *value_out)
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

static void render_stat(struct buf *out)
{
    char bytes[STAT_MAX];
    FILE *file = fopen("/proc/self/stat", "re");
    int64_t start;
    int64_t pages;

    if (file == NULL)
        return;
    str stat = str_from(bytes, fread(bytes, 1, sizeof bytes, file));
    (void)fclose(file);
    if (stat_field(stat, START_TIME_FIELD, &start)) {
        double age = seconds_of(CLOCK_BOOTTIME) - (double)start / (double)sysconf(_SC_CLK_TCK);
        render(out, "process_start_time_seconds", "gauge", "Start of the process, Unix time.",
               seconds_of(CLOCK_REALTIME) - age);
    }
    if (stat_field(stat, RESIDENT_FIELD, &pages))
        render(out, "process_resident_memory_bytes", "gauge", "Memory in use.",
               (double)pages * (double)sysconf(_SC_PAGESIZE));
}

static void render_files(struct buf *out)
{
    DIR *directory = opendir("/proc/self/fd");
    struct rlimit limit;
    int n = -3; /* . and .. and the one that we read it with */

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        render(out, "process_max_fds", "gauge", "Files that may be open.", (double)limit.rlim_cur);
    if (directory == NULL)
        return;
    while (readdir(directory) != NULL)
        n++;
    (void)closedir(directory);
    render(out, "process_open_fds", "gauge", "Files that are open.", n);
}

void process_render(struct buf *out)
{
    render(out, "process_cpu_seconds_total", "counter", "Processor time used.",
           seconds_of(CLOCK_PROCESS_CPUTIME_ID));
    render_stat(out);
    render_files(out);
}
