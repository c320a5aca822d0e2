/* The web client's files in memory, by path: nothing is looked for on a disk, so no path leads out of it. */
#ifndef CHATAPP_API_WEB_FILES_H
#define CHATAPP_API_WEB_FILES_H

#include "http/shared_bytes.h"
#include "web_embedded.h"

struct web_file {
    const char *path;
    const char *type;
    char tag[32]; /* of the plain form, with its quotes */
    struct shared_bytes *plain;
    struct shared_bytes *packed; /* by gzip; NULL: not worth it */
    char packed_tag[32];         /* other bytes, another tag (RFC 9110, 8.8.3.3) */
};

struct web_files;

/* `table` is sorted by path. */
struct web_files *web_files_new(const struct web_embedded *table, size_t n);
void web_files_free(struct web_files **files); /* *files may be NULL */
/* "/" is "/index.html". NULL: there is no such file. */
const struct web_file *web_files_find(const struct web_files *files, str path);

#endif
