#include "redis_server.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fmt.h"
#include "wait.h"

/* Redis cannot say which port 0 became. Another process may take it meanwhile: then Redis does
 * not start. */
static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&a, n) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        fail_at(HERE, "no free port");
    (void)close(fd);
    return ntohs(a.sin_port);
}

bool redis_server_answers(struct redis_server *r)
{
    bool pong = false;

    if (!process_alive(&r->process))
        fail_at(HERE, "redis-server has ended, see %s", r->process.log_path);
    redisContext *c = redisConnectUnix(r->socket);
    if (c != NULL && c->err == 0) {
        redisReply *reply = redisCommand(c, "PING");
        pong = reply != NULL && reply->type == REDIS_REPLY_STATUS; /* while loading: an error */
        freeReplyObject(reply);
    }
    redisFree(c);
    return pong;
}

/* ---- users ---- */

static const char *const USERS[][2] = {{"api-server", "api"},
                                       {"chat-server", "chat"},
                                       {"notification-server", "notify"},
                                       {"presence-server", "presence"}};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fail_at(HERE, "cannot write %s", path);
}

/* Whose passwords are their names. */
static void make_users(struct redis_server *r)
{
    const char *script = getenv("CHATAPP_TEST_ACL");
    const char *const argv[] = {script, r->dir, NULL};
    struct buf rules = {0};

    if (script == NULL)
        return;
    for (size_t i = 0; i < sizeof USERS / sizeof USERS[0]; i++)
        write_file(fmt("%s/%s", r->dir, USERS[i][1]), USERS[i][1]);
    (void)snprintf(r->acl_file, sizeof r->acl_file, "%s/users.acl", r->dir);
    if (process_run(argv, NULL, &rules, NULL) != 0)
        fail_at(HERE, "%s failed", script);
    /* Ours is the first line's. */
    const char *others = strchr(buf_cstr(&rules), '\n');
    if (others == NULL)
        fail_at(HERE, "%s printed nothing", script);
    struct buf all = {0};
    buf_printf(&all, "user default on nopass ~* &* +@all%s", others);
    write_file(r->acl_file, buf_cstr(&all));
    buf_fini(&all);
    buf_fini(&rules);
}

const char *redis_url_for(const char *program, const char *url)
{
    const char *rest = strstr(url, "://");

    for (size_t i = 0; i < sizeof USERS / sizeof USERS[0]; i++)
        if (getenv("CHATAPP_TEST_ACL") != NULL && rest != NULL && strcmp(program, USERS[i][0]) == 0)
            return fmt("%.*s://%s:%s@%s", (int)(rest - url), url, USERS[i][1], USERS[i][1],
                       rest + 3);
    return url;
}

/* ---- life ---- */

void redis_server_begin(struct redis_server *r)
{
    const char *port = fmt("%d", r->port);
    const char *sync_when = r->fsync_always ? "always" : "everysec";
    const char *argv[] = {"redis-server", "--port",    port,
                          "--bind",       "127.0.0.1", "--unixsocket",
                          r->socket,      "--dir",     r->dir,
                          "--appendonly", "yes",       "--appendfsync",
                          sync_when,      "--save",    "",
                          "--daemonize",  "no",        r->acl_file[0] ? "--aclfile" : NULL,
                          r->acl_file,    NULL};

    process_start(&r->process, argv, NULL, fmt("%s/redis.log", r->dir));
}

static void launch(struct redis_server *r)
{
    redis_server_begin(r);
    WAIT_UNTIL(redis_server_answers(r));
}

void redis_server_start(struct redis_server *r, const struct temp_dir *dir, bool tcp)
{
    *r = (struct redis_server){.port = tcp ? free_port() : 0};
    (void)snprintf(r->dir, sizeof r->dir, "%s/redis", dir->path);
    (void)snprintf(r->socket, sizeof r->socket, "%s/redis.sock", dir->path);
    (void)snprintf(r->url, sizeof r->url, "unix://%s", r->socket);
    (void)mkdir(r->dir, 0700);
    make_users(r);
    launch(r);
}

void redis_server_stop(struct redis_server *r)
{
    process_kill9(&r->process);
}

void redis_server_sync_always(struct redis_server *r)
{
    r->fsync_always = true;
    (void)redis_do(r, "CONFIG SET appendfsync always");
    (void)redis_do(r, "SET kept 1"); /* and with it all that was written before */
}

void redis_server_kill9(struct redis_server *r)
{
    process_kill9(&r->process);
}

void redis_server_restart(struct redis_server *r)
{
    process_kill9(&r->process);
    launch(r);
}

void redis_server_restart_empty(struct redis_server *r)
{
    process_kill9(&r->process);
    temp_dir_remove_tree(fmt("%s/appendonlydir", r->dir));
    launch(r);
}

void redis_server_pause(struct redis_server *r)
{
    process_signal(&r->process, SIGSTOP);
}

void redis_server_go_on(struct redis_server *r)
{
    process_signal(&r->process, SIGCONT);
}

static redisReply *command(struct redis_server *r, const char *format, va_list args)
{
    redisContext *c = redisConnectUnix(r->socket);

    if (c == NULL || c->err != 0)
        fail_at(HERE, "Redis: %s", c ? c->errstr : "no memory");
    redisReply *reply = redisvCommand(c, format, args);
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        fail_at(HERE, "Redis: %s: %s", format, reply ? reply->str : c->errstr);
    redisFree(c);
    return reply;
}

int64_t redis_do(struct redis_server *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    redisReply *reply = command(r, format, args);
    va_end(args);
    int64_t n = reply->integer;
    freeReplyObject(reply);
    return n;
}

const char *redis_text(struct redis_server *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    redisReply *reply = command(r, format, args);
    va_end(args);
    const char *text =
        reply->type == REDIS_REPLY_NIL ? NULL : fmt("%s", reply->str ? reply->str : "");
    freeReplyObject(reply);
    return text;
}
