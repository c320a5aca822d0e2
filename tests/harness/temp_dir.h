/* A directory of one test program's own, under $TMPDIR or /tmp. */
#ifndef CHATAPP_HARNESS_TEMP_DIR_H
#define CHATAPP_HARNESS_TEMP_DIR_H

#define TEMP_DIR_MAX 64 /* short: a unix socket's path has 107 characters at most */

struct temp_dir {
    char path[TEMP_DIR_MAX];
};

void temp_dir_make(struct temp_dir *dir);
/* Removes it with everything in it; $CHATAPP_TEST_KEEP keeps it and says where it is. */
void temp_dir_remove(struct temp_dir *dir);
/* Removes a file or directory in it; missing is fine. */
void temp_dir_remove_tree(const char *path);

#endif
