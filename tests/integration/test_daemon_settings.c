/* How the daemons take their settings: flag, environment, default; and what they say about bad
 * ones. */
#include "four_scene.h"

#include <sys/stat.h>

struct run {
    int status;
    struct buf out;
    struct buf err;
};

static struct run run(const char *program, const char *const *args, const char *const *env)
{
    const char *argv[10] = {daemon_path(program)};
    struct run r = {0};

    for (size_t i = 0; args[i] != NULL; i++)
        argv[i + 1] = args[i];
    r.status = process_run(argv, env, &r.out, &r.err);
    (void)buf_cstr(&r.out);
    (void)buf_cstr(&r.err);
    return r;
}

static void run_fini(struct run *r)
{
    buf_fini(&r->out);
    buf_fini(&r->err);
}

#define ARGS(...) ((const char *[]){__VA_ARGS__, NULL})

static void help_names_every_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOUR; i++) {
        struct run r = run(DAEMONS[i], ARGS("--help"), NULL);
        assert_int_equal(r.status, 0);
        static const char *const WORDS[] = {"--listen",          "--port",
                                            "--redis-url",       "--log-level",
                                            "--log-format",      "CHATAPP_REDIS_URL",
                                            "CHATAPP_LOG_LEVEL", "CHATAPP_REDIS_URL_FILE"};
        for (size_t k = 0; k < sizeof WORDS / sizeof WORDS[0]; k++)
            if (strstr(r.out.p, WORDS[k]) == NULL)
                fail_at(HERE, "%s --help does not name %s", DAEMONS[i], WORDS[k]);
        run_fini(&r);
    }
}

static void version_says_which(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOUR; i++) {
        struct run r = run(DAEMONS[i], ARGS("--version"), NULL);
        assert_int_equal(r.status, 0);
        assert_non_null(strstr(r.out.p, "0.1.0"));
        assert_int_equal(strncmp(r.out.p, DAEMONS[i], strlen(DAEMONS[i])), 0);
        run_fini(&r);
    }
}

static void check_config_starts_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOUR; i++) {
        struct run r =
            run(DAEMONS[i], ARGS("--check-config", "--redis-url=redis://127.0.0.1:1"), NULL);
        assert_int_equal(r.status, 0);
        run_fini(&r);
        r = run(DAEMONS[i], ARGS("--check-config", "--port=99999"), NULL);
        assert_int_not_equal(r.status, 0);
        assert_non_null(strstr(r.err.p, "port"));
        run_fini(&r);
    }
}

struct bad {
    const char *flag;
    const char *name; /* that the message must have */
};

static void what_is_bad_is_named(void **state)
{
    static const struct bad BAD[] = {
        {"--nonsense", "nonsense"},
        {"--nonsense=1", "nonsense"},
        {"--port=-1", "port"},
        {"--port=65536", "port"},
        {"--port=http", "port"},
        {"--port=", "port"},
        {"--port", "port"},
        {"--port=80x", "port"},
        {"--redis-url=http://example.org", "redis-url"},
        {"--redis-url=redis://host:99999", "redis-url"},
        {"--redis-url=", "redis-url"},
        {"--trusted-proxies=localhost", "trusted-proxies"},
        {"--trusted-proxies=10.0.0.0/33", "trusted-proxies"},
        {"--log-level=loud", "log-level"},
        {"--log-format=xml", "log-format"},
        {"--drain-s=-5", "drain-s"},
        {"--listen=not an address", "listen"},
        {"positional", "argument 2"},
    };

    (void)state;
    for (size_t i = 0; i < FOUR; i++)
        for (size_t k = 0; k < sizeof BAD / sizeof BAD[0]; k++) {
            struct run r = run(DAEMONS[i], ARGS("--check-config", BAD[k].flag), NULL);
            if (r.status == 0 || r.status > 100 || strstr(r.err.p, BAD[k].name) == NULL)
                fail_at(HERE, "%s %s: status %d, says: %s", DAEMONS[i], BAD[k].flag, r.status,
                        r.err.p);
            run_fini(&r);
        }
}

static void limits_are_checked(void **state)
{
    static const struct {
        const char *program;
        struct bad bad;
    } LIMITS[] = {
        {"api-server", {"--password-hash-memory-kib=1", "password-hash-memory-kib"}},
        {"api-server", {"--password-hash-passes=0", "password-hash-passes"}},
        {"api-server", {"--rate-login=-1", "rate-login"}},
        {"api-server", {"--rate-signup=many", "rate-signup"}},
        {"chat-server", {"--auth-timeout-s=0", "auth-timeout-s"}},
        {"chat-server", {"--rate-send=-1", "rate-send"}},
        {"chat-server", {"--max-connections-per-user=-1", "max-connections-per-user"}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof LIMITS / sizeof LIMITS[0]; k++) {
        const struct bad *bad = &LIMITS[k].bad;
        struct run r = run(LIMITS[k].program, ARGS("--check-config", bad->flag), NULL);
        if (r.status == 0 || strstr(r.err.p, bad->name) == NULL)
            fail_at(HERE, "%s: status %d, says: %s", bad->flag, r.status, r.err.p);
        run_fini(&r);
    }
}

static void a_bad_variable_is_named_too(void **state)
{
    (void)state;
    struct run r = run("api-server", ARGS("--check-config"), ARGS("CHATAPP_API_PORT=http"));

    assert_int_not_equal(r.status, 0);
    assert_non_null(strstr(r.err.p, "CHATAPP_API_PORT"));
    run_fini(&r);
    /* A flag beats it, so that it does not matter. */
    r = run("api-server", ARGS("--check-config", "--port=8080"), ARGS("CHATAPP_API_PORT=http"));
    assert_int_equal(r.status, 0);
    run_fini(&r);
}

/* --- a daemon that runs ---------------------------------------------------------------------- */

static void start_with(struct process *p, struct stack *s, const char *const *args,
                       const char *const *env)
{
    const char *argv[10] = {daemon_path("chat-server")};

    for (size_t i = 0; args[i] != NULL; i++)
        argv[i + 1] = args[i];
    process_start(p, argv, env,
                  fmt("%s/settings-%lld.log", s->dir.path, (long long)clock_mono_us()));
}

static void stop(struct process *p)
{
    process_signal(p, 15);
    assert_int_equal(process_wait(p), 0);
}

static void the_environment_is_heard(void **state)
{
    struct stack *s = *state;
    struct process p;

    start_with(&p, s, ARGS("--drain-s=0"),
               ARGS("CHATAPP_CHAT_PORT=0", fmt("CHATAPP_REDIS_URL=%s", s->redis.url),
                    "CHATAPP_LOG_FORMAT=json"));
    WAIT_UNTIL(process_log_has(&p, "\"listening\""));
    WAIT_UNTIL(process_log_has(&p, "\"port\":"));
    stop(&p);
}

static void a_flag_beats_the_environment(void **state)
{
    struct stack *s = *state;
    struct process p;

    start_with(&p, s,
               ARGS("--drain-s=0", "--log-format=logfmt", "--port", "0"), /* a space will do */
               ARGS("CHATAPP_CHAT_PORT=1", fmt("CHATAPP_REDIS_URL=%s", s->redis.url),
                    "CHATAPP_LOG_FORMAT=json"));
    WAIT_UNTIL(process_log_has(&p, "msg=listening"));
    assert_false(process_log_has(&p, "port=1\n"));
    stop(&p);
}

static void a_secret_may_be_in_a_file(void **state)
{
    struct stack *s = *state;
    const char *path = fmt("%s/redis-url", s->dir.path);
    struct process p;
    FILE *file = fopen(path, "w");

    (void)fprintf(file, "%s\n", s->redis.url);
    (void)fclose(file);
    start_with(&p, s, ARGS("--drain-s=0", "--port=0"),
               ARGS(fmt("CHATAPP_REDIS_URL_FILE=%s", path)));
    WAIT_UNTIL(process_log_has(&p, "redis connected"));
    stop(&p);
    struct run r = run("chat-server", ARGS("--check-config"),
                       ARGS("CHATAPP_REDIS_URL_FILE=/nonexistent/file"));
    assert_int_not_equal(r.status, 0);
    assert_non_null(strstr(r.err.p, "CHATAPP_REDIS_URL_FILE"));
    run_fini(&r);
}

/* Port 0 is another one for each. */
static void free_ports_do_not_collide(void **state)
{
    struct stack *s = *state;
    struct daemon d[3];

    for (int i = 0; i < 3; i++) {
        daemon_init(&d[i], "notification-server", fmt("free-%d", i), &s->dir, s->redis.url, NULL);
        daemon_launch(&d[i]);
    }
    assert_int_not_equal(d[0].port, d[1].port);
    assert_int_not_equal(d[1].port, d[2].port);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(daemon_terminate(&d[i]), 0);
        daemon_fini(&d[i]);
    }
}

static void a_port_in_use_is_told(void **state)
{
    struct stack *s = *state;

    for (size_t i = 0; i < FOUR; i++) {
        struct run r = run(DAEMONS[i],
                           ARGS("--listen=127.0.0.1", fmt("--port=%d", s->api.port),
                                fmt("--redis-url=%s", s->redis.url)),
                           ARGS(fmt("CHATAPP_DATA_DIR=%s", s->dir.path)));
        if (r.status == 0 || r.status > 100 || strstr(r.err.p, fmt("%d", s->api.port)) == NULL)
            fail_at(HERE, "%s: %d %s", DAEMONS[i], r.status, r.err.p);
        run_fini(&r);
    }
}

static void the_signing_key_is_its_owner_s_alone(void **state)
{
    struct stack *s = *state;
    const char *path = fmt("%s/signing-key", s->dir.path);
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0644), 0);
    struct run r = run(
        "api-server",
        ARGS("--port=0", fmt("--data-dir=%s", s->dir.path), fmt("--redis-url=%s", s->redis.url)),
        NULL);
    assert_int_not_equal(r.status, 0);
    assert_non_null(strstr(r.err.p, path));
    run_fini(&r);
    assert_int_equal(chmod(path, 0600), 0);
}

static void passwords_in_urls_are_not_shown(void **state)
{
    (void)state;
    static const char *const URLS[] = {"--redis-url=redis://user:hidden-word@127.0.0.1:1",
                                       "--redis-url=redis://user:hidden-word@127.0.0.1:99999",
                                       "--redis-url=nonsense://user:hidden-word@x"};

    for (size_t i = 0; i < FOUR; i++)
        for (size_t k = 0; k < 3; k++) {
            struct run r = run(DAEMONS[i], ARGS("--check-config", URLS[k]), NULL);
            assert_null(strstr(r.out.p, "hidden-word"));
            assert_null(strstr(r.err.p, "hidden-word"));
            run_fini(&r);
        }
    struct run r = run("api-server", ARGS("--help"),
                       ARGS("CHATAPP_REDIS_URL=redis://user:hidden-word@127.0.0.1"));
    assert_null(strstr(r.out.p, "hidden-word"));
    run_fini(&r);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(help_names_every_setting), CASE(version_says_which),
      CASE(check_config_starts_nothing), CASE(what_is_bad_is_named), CASE(limits_are_checked),
      CASE(a_bad_variable_is_named_too), CASE(the_environment_is_heard),
      CASE(a_flag_beats_the_environment), CASE(a_secret_may_be_in_a_file),
      CASE(free_ports_do_not_collide), CASE(a_port_in_use_is_told),
      CASE(the_signing_key_is_its_owner_s_alone), CASE(passwords_in_urls_are_not_shown))
