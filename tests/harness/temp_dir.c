#include "temp_dir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"

void temp_dir_make(struct temp_dir *dir)
{
    const char *parent = getenv("TMPDIR");
    int n = snprintf(dir->path, sizeof dir->path, "%s/chatapp-XXXXXX", parent ? parent : "/tmp");

    if (n < 0 || (size_t)n >= sizeof dir->path || mkdtemp(dir->path) == NULL)
        fail_at(HERE, "no directory of our own: %s", dir->path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void temp_dir_remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void temp_dir_remove(struct temp_dir *dir)
{
    if (getenv("CHATAPP_TEST_KEEP") != NULL)
        (void)fprintf(stderr, "kept: %s\n", dir->path);
    else
        temp_dir_remove_tree(dir->path);
    dir->path[0] = '\0';
}
