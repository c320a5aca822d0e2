#include "redis_proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wait.h"

#define LINKS_MAX 96
#define CHUNK 65536
#define TICK_MS 2 /* how soon an order of the test is seen */

enum order { PASS, ARMED, HOLD };

/* The text is read while the order is ARMED, and written only while it is not. */
struct redis_proxy_control {
    char text[REDIS_PROXY_TEXT_MAX];
    _Atomic int order;          /* for replies */
    _Atomic int before;         /* so many requests that name the text still go by, while ARMED */
    _Atomic int bells;          /* PASS or HOLD */
    _Atomic int cut;            /* enum redis_proxy_which; 0 once done */
    _Atomic int fault;          /* enum redis_proxy_fault; 0 once it has happened */
    _Atomic int64_t deaf_until; /* requests are not read */
    _Atomic int64_t dumb_until; /* replies are not read */
    _Atomic size_t held[2];     /* bytes, on all connections: of replies, of bells */
};

/* A daemon's connection and ours to Redis for it. */
struct link {
    int client; /* -1: free */
    int server;
    bool subscriber;
    bool doomed;      /* cut before a reply goes through */
    struct buf asked; /* the end of what the daemon sent, in case a word is cut in two */
    struct buf held;
};

struct proxy {
    int listener;
    struct sockaddr_un redis;
    struct redis_proxy_control *control;
    struct link links[LINKS_MAX];
};

/* --- the process ----------------------------------------------------------------------------- */

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static _Atomic size_t *held_of(struct proxy *p, const struct link *l)
{
    return &p->control->held[l->subscriber];
}

static bool is_held(struct proxy *p, const struct link *l)
{
    return atomic_load(l->subscriber ? &p->control->bells : &p->control->order) == HOLD;
}

static void hang_up(struct proxy *p, struct link *l)
{
    (void)close(l->client);
    (void)close(l->server);
    atomic_fetch_sub(held_of(p, l), l->held.n);
    buf_fini(&l->asked);
    buf_fini(&l->held);
    *l = (struct link){.client = -1};
}

/* Both ends always read, so this does not wait for long. */
static void pass(int fd, str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* over: reading tells */
        bytes = str_skip(bytes, (size_t)n);
    }
}

static void accept_one(struct proxy *p)
{
    struct link *l = p->links;
    int on = 1;

    int client = accept(p->listener, NULL, NULL);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    while (l < p->links + LINKS_MAX && l->client >= 0)
        l++;
    if (l == p->links + LINKS_MAX ||
        connect(server, (struct sockaddr *)&p->redis, sizeof p->redis) != 0) {
        (void)close(client);
        (void)close(server);
        return;
    }
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *l = (struct link){.client = client, .server = server};
}

static bool mentions(const struct buf *asked, const char *text)
{
    return asked->n > 0 && memmem(asked->p, asked->n, text, strlen(text)) != NULL;
}

static void look_at_request(struct proxy *p, struct link *l, str bytes)
{
    buf_add_str(&l->asked, bytes);
    if (mentions(&l->asked, "SUBSCRIBE"))
        l->subscriber = true;
    if (atomic_load(&p->control->order) == ARMED && mentions(&l->asked, p->control->text)) {
        int armed = ARMED;
        if (atomic_fetch_sub(&p->control->before, 1) <= 0)
            (void)atomic_compare_exchange_strong(&p->control->order, &armed, HOLD);
        buf_clear(&l->asked); /* it was counted */
    }
    if (l->asked.n > REDIS_PROXY_TEXT_MAX) {
        memmove(l->asked.p, l->asked.p + l->asked.n - REDIS_PROXY_TEXT_MAX, REDIS_PROXY_TEXT_MAX);
        l->asked.n = REDIS_PROXY_TEXT_MAX;
    }
}

/* The fault that was ordered, if it is this one; it happens once. */
static bool happens(struct proxy *p, enum redis_proxy_fault fault)
{
    int expected = fault;

    return atomic_compare_exchange_strong(&p->control->fault, &expected, 0);
}

static void pass_request(struct proxy *p, struct link *l, str bytes)
{
    look_at_request(p, l, bytes); /* first: the reply may be quick */
    if (l->subscriber) {
        pass(l->server, bytes);
    } else if (happens(p, REDIS_PROXY_CUT_BEFORE)) {
        hang_up(p, l);
    } else if (happens(p, REDIS_PROXY_CUT_IN_REQUEST)) {
        pass(l->server, str_from(bytes.p, bytes.n / 2));
        hang_up(p, l);
    } else {
        l->doomed = l->doomed || happens(p, REDIS_PROXY_CUT_AFTER);
        pass(l->server, bytes);
    }
}

static void pass_reply(struct proxy *p, struct link *l, str bytes)
{
    if (l->doomed) {
        hang_up(p, l);
    } else if (l->held.n > 0 || is_held(p, l)) {
        buf_add_str(&l->held, bytes);
        atomic_fetch_add(held_of(p, l), bytes.n);
    } else if (!l->subscriber && happens(p, REDIS_PROXY_CUT_IN_REPLY)) {
        pass(l->client, str_from(bytes.p, bytes.n / 2));
        hang_up(p, l);
    } else {
        pass(l->client, bytes);
    }
}

static void move(struct proxy *p, struct link *l, bool up)
{
    static char chunk[CHUNK];
    ssize_t n = recv(up ? l->client : l->server, chunk, sizeof chunk, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(p, l);
        return;
    }
    if (up)
        pass_request(p, l, str_from(chunk, (size_t)n));
    else
        pass_reply(p, l, str_from(chunk, (size_t)n));
}

static void let_go(struct proxy *p, struct link *l)
{
    size_t n = l->held.n;

    pass(l->client, buf_view(&l->held));
    buf_fini(&l->held);
    atomic_fetch_sub(held_of(p, l), n);
}

static void obey(struct proxy *p)
{
    int cut = atomic_load(&p->control->cut);

    for (struct link *l = p->links; l < p->links + LINKS_MAX; l++) {
        if (l->client < 0)
            continue;
        if (l->held.n > 0 && !is_held(p, l))
            let_go(p, l);
        if (cut & (l->subscriber ? REDIS_PROXY_SUBSCRIBERS : REDIS_PROXY_COMMANDS))
            hang_up(p, l);
    }
    atomic_store(&p->control->cut, 0);
}

/* What is not read now is there later, in its order, even when the other end has hung up. */
static bool is_read(_Atomic int64_t *not_until)
{
    return clock_mono_ms() >= atomic_load(not_until);
}

static void turn(struct proxy *p)
{
    struct pollfd fds[1 + 2 * LINKS_MAX] = {{.fd = p->listener, .events = POLLIN}};
    bool hears = is_read(&p->control->deaf_until);
    bool speaks = is_read(&p->control->dumb_until);

    for (size_t i = 0; i < LINKS_MAX; i++) {
        const struct link *l = &p->links[i];
        bool in_use = l->client >= 0;
        fds[1 + 2 * i] = (struct pollfd){.fd = in_use && hears ? l->client : -1, .events = POLLIN};
        fds[2 + 2 * i] = (struct pollfd){.fd = in_use && speaks ? l->server : -1, .events = POLLIN};
    }
    (void)poll(fds, sizeof fds / sizeof fds[0], TICK_MS);
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (fds[1 + 2 * i].revents != 0)
            move(p, &p->links[i], true);
        if (fds[2 + 2 * i].revents != 0 && p->links[i].client >= 0)
            move(p, &p->links[i], false);
    }
    if (fds[0].revents != 0)
        accept_one(p);
    obey(p);
}

static _Noreturn void child(int listener, const char *redis_socket,
                            struct redis_proxy_control *control, pid_t parent)
{
    static struct proxy p;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    p = (struct proxy){.listener = listener, .redis = {.sun_family = AF_UNIX}, .control = control};
    (void)snprintf(p.redis.sun_path, sizeof p.redis.sun_path, "%s", redis_socket);
    for (size_t i = 0; i < LINKS_MAX; i++)
        p.links[i].client = -1;
    for (;;)
        turn(&p);
}

/* --- the test's side ------------------------------------------------------------------------- */

void redis_proxy_start(struct redis_proxy *p, const struct redis_server *redis)
{
    struct sockaddr_in a = loopback(0);
    socklen_t n = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t parent = getpid();

    if (bind(listener, (struct sockaddr *)&a, n) != 0 || listen(listener, LINKS_MAX) != 0 ||
        getsockname(listener, (struct sockaddr *)&a, &n) != 0)
        fail_at(HERE, "no port for the proxy: %s", strerror(errno));
    *p = (struct redis_proxy){.port = ntohs(a.sin_port)};
    (void)snprintf(p->url, sizeof p->url, "redis://127.0.0.1:%d", p->port);
    p->control =
        mmap(NULL, sizeof *p->control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p->control == MAP_FAILED)
        fail_at(HERE, "no shared memory");
    p->pid = fork();
    if (p->pid < 0)
        fail_at(HERE, "fork: %s", strerror(errno));
    if (p->pid == 0)
        child(listener, redis->socket, p->control, parent);
    (void)close(listener);
}

void redis_proxy_stop(struct redis_proxy *p)
{
    (void)kill(p->pid, SIGKILL);
    (void)waitpid(p->pid, NULL, 0);
    (void)munmap(p->control, sizeof *p->control);
    *p = (struct redis_proxy){0};
}

void redis_proxy_hold_at_nth(struct redis_proxy *p, const char *text, int nth)
{
    redis_proxy_release(p);
    (void)snprintf(p->control->text, sizeof p->control->text, "%s", text);
    atomic_store(&p->control->before, nth - 1);
    atomic_store(&p->control->order, text[0] ? ARMED : HOLD);
}

void redis_proxy_hold_at(struct redis_proxy *p, const char *text)
{
    redis_proxy_hold_at_nth(p, text, 1);
}

void redis_proxy_hold_next_at(struct redis_proxy *p, const char *text)
{
    if (atomic_load(&p->control->order) != HOLD)
        fail_at(HERE, "nothing is held");
    (void)snprintf(p->control->text, sizeof p->control->text, "%s", text);
    atomic_store(&p->control->before, 0);
    atomic_store(&p->control->order, ARMED);
}

size_t redis_proxy_held(const struct redis_proxy *p)
{
    return atomic_load(&p->control->held[false]);
}

void redis_proxy_release(struct redis_proxy *p)
{
    atomic_store(&p->control->order, PASS);
    WAIT_UNTIL(redis_proxy_held(p) == 0);
}

void redis_proxy_hold_bells(struct redis_proxy *p)
{
    atomic_store(&p->control->bells, HOLD);
}

size_t redis_proxy_held_bells(const struct redis_proxy *p)
{
    return atomic_load(&p->control->held[true]);
}

void redis_proxy_release_bells(struct redis_proxy *p)
{
    atomic_store(&p->control->bells, PASS);
    WAIT_UNTIL(redis_proxy_held_bells(p) == 0);
}

void redis_proxy_cut_soon(struct redis_proxy *p, enum redis_proxy_which which)
{
    atomic_store(&p->control->cut, which);
}

void redis_proxy_cut(struct redis_proxy *p, enum redis_proxy_which which)
{
    redis_proxy_cut_soon(p, which);
    WAIT_UNTIL(atomic_load(&p->control->cut) == 0);
}

void redis_proxy_fail(struct redis_proxy *p, enum redis_proxy_fault fault)
{
    atomic_store(&p->control->fault, fault);
}

void redis_proxy_stall(struct redis_proxy *p, bool requests, bool replies, int ms)
{
    int64_t until = clock_mono_ms() + ms;

    if (requests)
        atomic_store(&p->control->deaf_until, until);
    if (replies)
        atomic_store(&p->control->dumb_until, until);
}
