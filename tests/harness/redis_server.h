/* With $CHATAPP_TEST_ACL (the path of scripts/redis-acl) each daemon is a user of its own there, who may do no more than
 * it has to. (We are the user `default`, who may do everything.)
 *
 * A real redis-server of the test's own: append-only file on, fsync each second, on a unix
 * socket, and on a free TCP port of 127.0.0.1 if asked for. Functions fail the running test when
 * something goes wrong. */
#ifndef CHATAPP_HARNESS_REDIS_SERVER_H
#define CHATAPP_HARNESS_REDIS_SERVER_H

#include <stdint.h>

#include "process.h"
#include "temp_dir.h"

struct redis_server {
    struct process process;
    char dir[TEMP_DIR_MAX + 16];
    char socket[TEMP_DIR_MAX + 32];
    char url[TEMP_DIR_MAX + 64]; /* unix://… */
    int port;                    /* TCP, 0: none */
    bool fsync_always;
    char acl_file[TEMP_DIR_MAX + 32]; /* "": none */
};

/* Its data go to `dir`/redis. Returns once it answers. */
void redis_server_start(struct redis_server *r, const struct temp_dir *dir, bool tcp);
void redis_server_stop(struct redis_server *r); /* for good */
/* From now on a kill -9 costs nothing: Redis answers when it is on the disk. (With everysec it may answer before it
 * writes.) */
void redis_server_sync_always(struct redis_server *r);
void redis_server_kill9(struct redis_server *r);
void redis_server_begin(struct redis_server *r); /* on the data that are there; without waiting … */
bool redis_server_answers(struct redis_server *r); /* … until this says so */
void redis_server_restart(struct redis_server *r); /* both, after a kill -9 */
void redis_server_restart_empty(struct redis_server *r);
void redis_server_pause(struct redis_server *r); /* SIGSTOP */
void redis_server_go_on(struct redis_server *r); /* SIGCONT */

/* The URL with which this program is to connect: with a user and a password if there are users; as long as fmt()'s. */
const char *redis_url_for(const char *program, const char *url);

/* One command, as hiredis formats it ("SADD erasing %s"); a failed test when Redis says it is an
 * error. */
int64_t redis_do(struct redis_server *r, const char *format,
                 ...); /* an integer reply; 0 for others */
/* A text reply (NULL: nil; "": none at all), as long as fmt()'s. */
const char *redis_text(struct redis_server *r, const char *format, ...);

#endif
