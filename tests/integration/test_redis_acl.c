/* The users that scripts/redis-acl makes: each daemon's may do what is the daemon's, and nothing of the others'. (That it
 * may do all it has to is shown by the stories that run with these users.) */
#include "story.h"

#include <hiredis/hiredis.h>
#include <sys/stat.h>

struct attempt {
    const char *user;
    const char *command;
};

static const struct attempt ALLOWED[] = {
    {"api", "HSET u:{ann} password x"},
    {"api", "ZADD users 0 ann"},
    {"api", "GET jwks"},
    {"chat", "HSET c:{room} seq 1"},
    {"chat", "HGET u:{ann} password"},
    {"chat", "SADD u:{ann}:nodes n"},
    {"chat", "PUBLISH node:x bell"},
    {"chat", "XRANGE ended - +"},
    {"notify", "HSET notify:{q}:n:1 user ann"},
    {"notify", "GET jwks"},
    {"presence", "HSET u:{ann}:presence n online"},
    {"presence", "HGETALL u:{ann}:contacts"},
    {"presence", "PUBLISH presence bell"},
};

static const struct attempt DENIED[] = {
    {"api", "FLUSHALL"},
    {"api", "KEYS *"},
    {"api", "CONFIG GET requirepass"},
    {"api", "ACL LIST"},
    {"api", "SHUTDOWN"},
    {"api", "SET something-else 1"},
    {"chat", "HSET u:{ann} password x"},
    {"chat", "DEL u:{ann}"},
    {"chat", "EVAL \"return redis.call('HSET',KEYS[1],'password','x')\" 1 u:{ann}"},
    {"chat", "ZADD users 0 ann"},
    {"chat", "SET jwks x"},
    {"chat", "XADD ended * user ann"},
    {"chat", "GET limit:{login:ann}"},
    {"chat", "SUBSCRIBE presence:x"},
    {"notify", "HSET c:{room} seq 1"},
    {"notify", "SET jwks x"},
    {"notify", "HSET u:{ann} password x"},
    {"notify", "SUBSCRIBE node:x"},
    {"presence", "LRANGE c:{room}:log 0 -1"},
    {"presence", "HSET c:{room} seq 1"},
    {"presence", "HSET u:{ann}:contacts bob mutual"},
    {"presence", "SET jwks x"},
    {"presence", "ACL SETUSER presence +@all"},
};

static redisContext *connect_as(struct redis_server *r, const char *user, const char *password)
{
    redisContext *c = redisConnectUnix(r->socket);
    redisReply *reply = redisCommand(c, "AUTH %s %s", user, password);

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        fail_at(HERE, "%s cannot sign in", user);
    freeReplyObject(reply);
    return c;
}

/* As redis-cli would split it: words, or what stands in quotes. */
static size_t split(char *line, const char **words_out, size_t max)
{
    size_t n = 0;

    while (*line != '\0' && n < max) {
        bool quoted = *line == '"';
        line += quoted;
        words_out[n++] = line;
        line += strcspn(line, quoted ? "\"" : " ");
        if (*line != '\0')
            *line++ = '\0';
        line += strspn(line, " ");
    }
    return n;
}

/* NULL, or the error; as long as fmt()'s. */
static const char *attempt(struct redis_server *r, const struct attempt *a)
{
    enum { WORDS_MAX = 8 };
    const char *words[WORDS_MAX];
    char line[128];

    (void)snprintf(line, sizeof line, "%s", a->command);
    size_t n = split(line, words, WORDS_MAX);
    redisContext *c = connect_as(r, a->user, a->user);
    redisReply *reply = redisCommandArgv(c, (int)n, words, NULL);
    const char *error = reply == NULL                      ? "no reply"
                        : reply->type == REDIS_REPLY_ERROR ? fmt("%s", reply->str)
                                                           : NULL;
    freeReplyObject(reply);
    redisFree(c);
    return error;
}

static void a_daemon_may_what_is_its_own(void **state)
{
    for (size_t i = 0; i < sizeof ALLOWED / sizeof ALLOWED[0]; i++) {
        const char *error = attempt(*state, &ALLOWED[i]);
        if (error != NULL)
            fail_at(HERE, "%s: %s: %s", ALLOWED[i].user, ALLOWED[i].command, error);
    }
}

static void and_nothing_else(void **state)
{
    for (size_t i = 0; i < sizeof DENIED / sizeof DENIED[0]; i++) {
        const char *error = attempt(*state, &DENIED[i]);
        if (error == NULL ||
            (strncmp(error, "NOPERM", 6) != 0 && strstr(error, "can't access") == NULL &&
             strstr(error, "can't run this command") == NULL))
            fail_at(HERE, "%s: %s: %s", DENIED[i].user, DENIED[i].command,
                    error ? error : "allowed");
    }
}

static void redis_learns_no_password(void **state)
{
    struct redis_server *r = *state;
    struct buf out = {0};
    const char *const argv[] = {"grep", "-Eq", "(>|[^a-z]nopass.*(api|chat|notify|presence) )",
                                r->acl_file, NULL};

    assert_int_equal(process_run(argv, NULL, &out, &out), 1);
    buf_fini(&out);
}

/* ---- the file as it is, where nobody is `default` ---- */

static struct temp_dir dir;

static void start_strict(struct process *p, const char *acl_file)
{
    const char *const argv[] = {"redis-server",
                                "--port",
                                "0",
                                "--unixsocket",
                                fmt("%s/strict.sock", dir.path),
                                "--dir",
                                fmt("%s/strict", dir.path),
                                "--aclfile",
                                acl_file,
                                "--appendonly",
                                "yes",
                                "--save",
                                "",
                                NULL};

    process_start(p, argv, NULL, fmt("%s/strict.log", dir.path));
}

/* As the user chat; NULL: no answer yet, or an error. */
static const char *ask_strict(const char *command)
{
    const char *const argv[] = {"redis-cli",
                                "-s",
                                fmt("%s/strict.sock", dir.path),
                                "--user",
                                "chat",
                                "--pass",
                                "chat",
                                "--no-auth-warning",
                                "EVAL",
                                command,
                                "1",
                                "c:{room}",
                                NULL};
    struct buf out = {0};
    int status = process_run(argv, NULL, &out, NULL);
    const char *answer = fmt("%s", buf_cstr(&out));

    buf_fini(&out);
    return status == 0 && strstr(answer, "ERR") == NULL ? answer : NULL;
}

/* Redis reads its append-only file as `default`: what that one may not do would be left out, in silence. */
static void a_redis_that_starts_again_forgets_nothing(void **state)
{
    struct redis_server *r = *state;
    const char *const script[] = {getenv("CHATAPP_TEST_ACL"), r->dir, NULL};
    const char *acl_file = fmt("%s/strict.acl", dir.path);
    struct buf rules = {0};
    struct process p;

    assert_int_equal(process_run(script, NULL, &rules, NULL), 0);
    FILE *file = fopen(acl_file, "we");
    (void)fputs(buf_cstr(&rules), file);
    (void)fclose(file);
    buf_fini(&rules);
    assert_int_equal(mkdir(fmt("%s/strict", dir.path), 0700), 0);
    start_strict(&p, acl_file);
    WAIT_UNTIL(
        ask_strict("redis.call('HSET', KEYS[1], 'seq', 1) redis.call('HSET', KEYS[1], 'at', 2) "
                   "return 'done'") != NULL);
    process_kill9(&p);
    start_strict(&p, acl_file);
    WAIT_UNTIL(ask_strict("return 'up'") != NULL);
    assert_string_equal(ask_strict("return redis.call('HLEN', KEYS[1])"), "2\n");
    const char *const stranger[] = {"redis-cli", "-s", fmt("%s/strict.sock", dir.path), "PING",
                                    NULL};
    struct buf out = {0};
    (void)process_run(stranger, NULL, &out, &out);
    assert_non_null(strstr(buf_cstr(&out), "NOAUTH"));
    buf_fini(&out);
    process_kill9(&p);
}

static int setup(void **state)
{
    static struct redis_server redis;

    temp_dir_make(&dir);
    redis_server_start(&redis, &dir, false);
    *state = &redis;
    return redis.acl_file[0] != '\0' ? 0 : -1; /* -1: CHATAPP_TEST_ACL is not set */
}

static int teardown(void **state)
{
    if (*state != NULL)
        redis_server_stop(*state);
    temp_dir_remove(&dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_daemon_may_what_is_its_own),
        CASE(and_nothing_else),
        CASE(redis_learns_no_password),
        CASE(a_redis_that_starts_again_forgets_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
