#include "web_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct web_files {
    size_t n;
    struct web_file files[];
};

static struct shared_bytes *bytes_of(const unsigned char *from, size_t n)
{
    struct buf b = {0};

    buf_add(&b, from, n);
    return shared_bytes_take(&b);
}

struct web_files *web_files_new(const struct web_embedded *table, size_t n)
{
    struct web_files *files = mem_zalloc(sizeof *files + n * sizeof files->files[0]);

    files->n = n;
    for (size_t i = 0; i < n; i++) {
        const struct web_embedded *from = &table[i];
        struct web_file *file = &files->files[i];
        file->path = from->path;
        file->type = from->type;
        (void)snprintf(file->tag, sizeof file->tag, "\"%s\"", from->hash);
        (void)snprintf(file->packed_tag, sizeof file->packed_tag, "\"%s-gz\"", from->hash);
        file->plain = bytes_of(from->plain, from->plain_n);
        if (from->packed_n > 0)
            file->packed = bytes_of(from->packed, from->packed_n);
    }
    return files;
}

void web_files_free(struct web_files **files)
{
    struct web_files *f = *files;

    *files = NULL;
    for (size_t i = 0; f && i < f->n; i++) {
        shared_bytes_unref(f->files[i].plain);
        shared_bytes_unref(f->files[i].packed);
    }
    free(f);
}

static int by_path(const void *key, const void *element)
{
    const str *path = key;
    const struct web_file *file = element;
    str other = str_of(file->path);
    int order = memcmp(path->p, other.p, path->n < other.n ? path->n : other.n);
    return order != 0 ? order : (path->n > other.n) - (path->n < other.n);
}

const struct web_file *web_files_find(const struct web_files *files, str path)
{
    if (str_eq(path, STR("/")))
        path = STR("/index.html");
    return bsearch(&path, files->files, files->n, sizeof files->files[0], by_path);
}
