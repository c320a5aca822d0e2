/* Small files with secrets in them: mode 0600, written whole or not at all, on the disk before
 * anybody relies on them. Every failure appends to *why a sentence with the path in it. */
#ifndef CHATAPP_AUTH_SECRET_FILE_H
#define CHATAPP_AUTH_SECRET_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* ERR_NOT_FOUND: no such file (the one failure that leaves *why alone). ERR_DENIED: others than its
 * owner may use it. ERR_INVALID: not a regular file, or over `max` bytes. End with
 * secret_wipe(content). */
MUST_USE enum err secret_file_read(const char *path, size_t max, struct buf *content,
                                   struct buf *why);

/* Never over an existing file: ERR_CONFLICT, and *why left alone. Missing directories are made, for
 * the owner alone. */
MUST_USE enum err secret_file_create(const char *path, str content, struct buf *why);

/* The new content or the old one, never a mixture; the owner stays. Only while the lock is held. */
MUST_USE enum err secret_file_replace(const char *path, str content, struct buf *why);

/* One holder at a time among the processes of this machine, for read and replace together. It is
 * the directory that is locked, because the file itself is swapped. */
MUST_USE enum err secret_file_lock(const char *path, int *lock_out, struct buf *why);
void secret_file_unlock(int lock);

/* Overwrites all that the buffer ever held, then frees it. */
void secret_wipe(struct buf *content);

#endif
