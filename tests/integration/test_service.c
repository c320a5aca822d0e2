/* Under systemd: each daemon says when it serves and when it is about to end, once, whatever number of workers it has. */
#include "story.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ABSTRACT "@chatapp-test-service"

struct manager { /* as whom a daemon knows systemd */
    int fd;
    char name[100];
};

static struct manager manager_open(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct manager m = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

    (void)snprintf(m.name, sizeof m.name, "%s", name);
    memcpy(address.sun_path, name, strlen(name));
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    assert_int_equal(bind(m.fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    return m;
}

static void expect_word(const struct manager *m, const char *word)
{
    struct pollfd p = {.fd = m->fd, .events = POLLIN};
    char got[64] = "";

    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_true(recv(m->fd, got, sizeof got - 1, 0) > 0);
    assert_string_equal(got, word);
}

static void expect_silence(const struct manager *m)
{
    struct pollfd p = {.fd = m->fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 0);
}

static void lives_by_the_book(struct stack *s, const char *program, const char *flag,
                              const struct manager *m)
{
    const char *const argv[] = {daemon_path(program),
                                "--port=0",
                                "--drain-s=0",
                                fmt("--redis-url=%s", s->redis.url),
                                fmt("--data-dir=%s", s->dir.path),
                                NULL};
    const char *const others[] = {argv[0], argv[1], argv[2], argv[3], flag, NULL};
    const char *const env[] = {fmt("NOTIFY_SOCKET=%s", m->name), NULL};
    struct process p;

    process_start(&p, strcmp(program, "api-server") == 0 ? argv : others, env,
                  fmt("%s/%s-service.log", s->dir.path, program));
    expect_word(m, "READY=1");
    assert_true(process_log_has(&p, "msg=listening"));
    process_signal(&p, SIGTERM);
    expect_word(m, "STOPPING=1");
    assert_int_equal(process_wait(&p), 0);
    expect_silence(m);
}

static void every_daemon_says_when_it_serves_and_stops(void **state)
{
    struct stack *s = *state;
    struct manager m = manager_open(fmt("%s/notify", s->dir.path));

    lives_by_the_book(s, "api-server", NULL, &m);
    lives_by_the_book(s, "chat-server", NULL, &m);
    lives_by_the_book(s, "notification-server", NULL, &m);
    lives_by_the_book(s, "presence-server", NULL, &m);
    (void)close(m.fd);
}

static void workers_leave_it_to_the_first_process(void **state)
{
    struct stack *s = *state;
    struct manager m = manager_open(fmt("%s/notify-workers", s->dir.path));

    lives_by_the_book(s, "chat-server", "--workers=3", &m);
    (void)close(m.fd);
}

static void the_socket_may_be_abstract(void **state)
{
    struct stack *s = *state;
    struct manager m = manager_open(fmt(ABSTRACT "-%d", (int)getpid()));

    lives_by_the_book(s, "notification-server", NULL, &m);
    (void)close(m.fd);
}

static void nobody_who_listens_is_no_reason_to_end(void **state)
{
    struct stack *s = *state;
    const char *const argv[] = {daemon_path("notification-server"), "--port=0", "--drain-s=0",
                                fmt("--redis-url=%s", s->redis.url), NULL};
    const char *const env[] = {"NOTIFY_SOCKET=/nonexistent/socket", NULL};
    struct process p;

    process_start(&p, argv, env, fmt("%s/alone.log", s->dir.path));
    WAIT_UNTIL(process_log_has(&p, "cannot tell the service manager"));
    WAIT_UNTIL(process_log_has(&p, "msg=listening"));
    process_signal(&p, SIGTERM);
    assert_int_equal(process_wait(&p), 0);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(every_daemon_says_when_it_serves_and_stops),
      CASE(workers_leave_it_to_the_first_process), CASE(the_socket_may_be_abstract),
      CASE(nobody_who_listens_is_no_reason_to_end))
