#include "auth/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define OTHERS (S_IRWXG | S_IRWXO)

static enum err io_error(struct buf *why, const char *what, const char *path)
{
    const char *reason = strerror(errno);

    buf_printf(why, "cannot %s %s: %s", what, path, reason);
    return ERR_IO;
}

void secret_wipe(struct buf *content)
{
    if (content->p != NULL)
        sodium_memzero(content->p, content->cap);
    buf_fini(content);
}

/* The folder that `path` is in; the caller frees it. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return mem_dup(".", 1);
    return slash == path ? mem_dup("/", 1) : mem_dup(path, (size_t)(slash - path));
}

/* --- reading --------------------------------------------------------------------------------- */

static enum err check_status(const struct stat *status, const char *path, size_t max,
                             struct buf *why)
{
    if (!S_ISREG(status->st_mode)) {
        buf_printf(why, "%s is not a regular file", path);
        return ERR_INVALID;
    }
    if (status->st_mode & OTHERS) {
        buf_printf(
            why,
            "%s holds secrets, but others than its owner may use it (mode %04o): run chmod 600 %s",
            path, (unsigned)status->st_mode & 07777U, path);
        return ERR_DENIED;
    }
    if ((uintmax_t)status->st_size > max) {
        buf_printf(why, "%s is too long (%jd bytes)", path, (intmax_t)status->st_size);
        return ERR_INVALID;
    }
    return OK;
}

static enum err read_all(int fd, const char *path, size_t max, struct buf *content, struct buf *why)
{
    char *to =
        buf_reserve(content, max); /* at once: growing would leave copies of the secret behind */

    while (content->n < max) {
        ssize_t n = read(fd, to + content->n, max - content->n);
        if (n == 0)
            break;
        if (n > 0)
            content->n += (size_t)n;
        else if (errno != EINTR)
            return io_error(why, "read", path);
    }
    return OK;
}

enum err secret_file_read(const char *path, size_t max, struct buf *content, struct buf *why)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us up */

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : io_error(why, "open", path);
    enum err err = fstat(fd, &status) < 0 ? io_error(why, "look at", path)
                                          : check_status(&status, path, max, why);
    if (err == OK)
        err = read_all(fd, path, max, content, why);
    (void)close(fd);
    return err;
}

/* --- writing --------------------------------------------------------------------------------- */

/* All of its parents too; each may appear by somebody else's hand meanwhile. */
static enum err make_directory(const char *directory, struct buf *why)
{
    if (mkdir(directory, S_IRWXU) == 0 || errno == EEXIST)
        return OK;
    if (errno != ENOENT)
        return io_error(why, "make the directory", directory);
    char *parent = directory_of(directory);
    enum err err = make_directory(parent, why);
    free(parent);
    if (err != OK)
        return err;
    if (mkdir(directory, S_IRWXU) < 0 && errno != EEXIST)
        return io_error(why, "make the directory", directory);
    return OK;
}

/* So that the new name survives a power cut, too. */
static enum err sync_directory(const char *path, struct buf *why)
{
    char *directory = directory_of(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err err = OK;

    if (fd < 0 || fsync(fd) < 0)
        err = io_error(why, "sync the directory", directory);
    if (fd >= 0)
        (void)close(fd);
    free(directory);
    return err;
}

static bool write_all(int fd, str content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n >= 0)
            content = str_skip(content, (size_t)n);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* A temporary file beside `path` with the content, synced; `like` gives it its owner, unless NULL.
 * The caller moves or removes it, and frees the name. */
static enum err write_beside(const char *path, str content, const struct stat *like,
                             char **name_out, struct buf *why)
{
    struct buf name = {0};
    size_t n;

    buf_printf(&name, "%s.XXXXXX", path);
    (void)buf_cstr(&name);
    char *temporary = buf_take(&name, &n);
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600, and no file that was there before */
    if (fd < 0) {
        enum err err = io_error(why, "make a file beside", path);
        free(temporary);
        return err;
    }
    bool written = (like == NULL || fchown(fd, like->st_uid, like->st_gid) == 0) &&
                   write_all(fd, content) && fsync(fd) == 0;
    enum err err = written ? OK : io_error(why, "write", temporary);
    (void)close(fd);
    if (err != OK) {
        (void)unlink(temporary);
        free(temporary);
        return err;
    }
    *name_out = temporary;
    return OK;
}

/* link(2), unlike rename(2), fails when the name is taken: whoever comes second keeps the first
 * one's file. */
enum err secret_file_create(const char *path, str content, struct buf *why)
{
    char *directory = directory_of(path);
    char *temporary;
    enum err err = make_directory(directory, why);

    free(directory);
    if (err == OK)
        err = write_beside(path, content, NULL, &temporary, why);
    if (err != OK)
        return err;
    if (link(temporary, path) < 0)
        err = errno == EEXIST ? ERR_CONFLICT : io_error(why, "make", path);
    (void)unlink(temporary);
    free(temporary);
    return err == OK ? sync_directory(path, why) : err;
}

enum err secret_file_replace(const char *path, str content, struct buf *why)
{
    struct stat old;
    char *temporary;

    if (stat(path, &old) < 0)
        return io_error(why, "look at", path);
    enum err err = write_beside(path, content, &old, &temporary, why);
    if (err != OK)
        return err;
    if (rename(temporary, path) < 0) {
        err = io_error(why, "replace", path);
        (void)unlink(temporary);
    }
    free(temporary);
    return err == OK ? sync_directory(path, why) : err;
}

enum err secret_file_lock(const char *path, int *lock_out, struct buf *why)
{
    char *directory = directory_of(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err err = OK;
    int locked = -1;

    if (fd >= 0) {
        do
            locked = flock(fd, LOCK_EX);
        while (locked < 0 && errno == EINTR);
    }
    if (locked == 0) {
        *lock_out = fd;
    } else {
        err = io_error(why, "lock the directory", directory);
        if (fd >= 0)
            (void)close(fd);
    }
    free(directory);
    return err;
}

void secret_file_unlock(int lock)
{
    (void)close(lock);
}
