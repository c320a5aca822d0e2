#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "figures.h"

#define FILE_MAX 8192
#define PATH_LEN 64
#define LINE_MAX_N 512
#define STAT_UTIME 11 /* fields after the command's name, of which the state is number 0 */

static void read_file(const char *path, char text[FILE_MAX])
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        die("cannot read %s: has the process ended?", path);
    size_t n = fread(text, 1, FILE_MAX - 1, file);
    text[n] = '\0';
    (void)fclose(file);
}

/* The number after `name` in `text`. */
static double number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtod(at + strlen(name), NULL) : 0;
}

static double cpu_of(str pid)
{
    char path[PATH_LEN];
    char text[FILE_MAX];
    (void)snprintf(path, sizeof path, "/proc/%.*s/stat", STR_ARG(pid));
    read_file(path, text);
    char *at = strrchr(text, ')'); /* the command's name may hold anything */
    for (int field = -1; at != NULL && field < STAT_UTIME; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        die("%s is not as expected", path);
    unsigned long user = strtoul(at, &at, 10);
    unsigned long system = strtoul(at, &at, 10);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double process_cpu_s(const char *pids)
{
    str rest = pids && pids[0] ? str_of(pids) : STR_NONE;
    str pid;
    double sum = 0;
    while (str_split(&rest, ',', &pid))
        sum += cpu_of(pid);
    return sum;
}

/* The line is: cpu, user, nice, system, idle, waiting for I/O, interrupts, soft ones, ... */
double machine_cpu_s(void)
{
    enum { IDLE = 3, IO_WAIT = 4, FIELDS = 7 };
    char text[FILE_MAX];
    unsigned long ticks = 0;
    read_file("/proc/stat", text);
    char *at = text + strcspn(text, " ");
    for (int field = 0; field < FIELDS; field++) {
        unsigned long value = strtoul(at, &at, 10);
        if (field != IDLE && field != IO_WAIT)
            ticks += value;
    }
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

struct process_memory process_memory(const char *pid)
{
    char path[PATH_LEN];
    char text[FILE_MAX];
    (void)snprintf(path, sizeof path, "/proc/%s/status", pid);
    read_file(path, text);
    return (struct process_memory){number_after(text, "VmRSS:"), number_after(text, "RssAnon:")};
}

double kernel_tcp_kib(void)
{
    char text[FILE_MAX];
    read_file("/proc/net/sockstat", text);
    const char *tcp = strstr(text, "TCP:");
    double pages = tcp ? number_after(tcp, " mem ") : 0;
    return pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

double kernel_slab_kib(void)
{
    char text[FILE_MAX];
    read_file("/proc/meminfo", text);
    return number_after(text, "Slab:");
}

/* A line is: name, objects in use, objects in all, bytes an object, ... */
static double object_kib(const char *line)
{
    static const char *const CACHES[] = {"TCP ", "sock_inode_cache ", "filp ", "eventpoll_epi "};
    for (size_t i = 0; i < sizeof CACHES / sizeof CACHES[0]; i++)
        if (str_starts(str_of(line), str_of(CACHES[i]))) {
            char *rest = strchr(line, ' ');
            double used = strtod(rest, &rest);
            (void)strtod(rest, &rest);
            return used * strtod(rest, NULL) / 1024;
        }
    return 0;
}

double kernel_sockets_kib(void)
{
    char line[LINE_MAX_N];
    double sum = 0;
    FILE *file = fopen("/proc/slabinfo", "re");

    while (file && fgets(line, sizeof line, file))
        sum += object_kib(line);
    if (file)
        (void)fclose(file);
    return sum;
}
