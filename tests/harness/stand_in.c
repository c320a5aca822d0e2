#include "stand_in.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ids.h"
#include "fmt.h"
#include "wait.h"

#define TURN_MS 10
#define REFRESH_MS 300
#define HOLDS_MS "3000"
#define READ_MAX 65536

struct peer {
    int fd;
    struct buf in;
};

struct peers {
    size_t n;
    struct peer v[STAND_IN_CONNECTIONS];
};

/* --- the registry ---------------------------------------------------------------------------- */

static const char PUT[] = "local t = redis.call('TIME') "
                          "local now = t[1] * 1000 + math.floor(t[2] / 1000) "
                          "redis.call('ZADD', KEYS[1], string.format('%.0f', now + " HOLDS_MS
                          "), ARGV[1]) redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])";
static const char REMOVE[] = "redis.call('ZREM', KEYS[1], ARGV[1]) "
                             "redis.call('HDEL', KEYS[2], ARGV[1])";

/* Redis may be away just now. */
static void call(const struct stand_in *s, const char *script)
{
    char set[64], about[64], record[512];
    redisContext *c = redisConnectUnix(s->socket);

    (void)snprintf(set, sizeof set, "servers:{%s}", s->kind);
    (void)snprintf(about, sizeof about, "servers:{%s}:about", s->kind);
    (void)snprintf(
        record, sizeof record,
        "{\"id\":\"%s\",\"kind\":\"%s\",\"url\":\"http://127.0.0.1:%d\",\"version\":\"test\","
        "\"connections\":0,\"lag_ms\":0}",
        s->id, s->kind, s->port);
    if (c != NULL && c->err == 0)
        freeReplyObject(
            redisCommand(c, "EVAL %s 2 %s %s %s %s", script, set, about, s->id, record));
    redisFree(c);
}

/* --- serving --------------------------------------------------------------------------------- */

static int listen_at(int port, int *port_out)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, STAND_IN_CONNECTIONS) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        (void)close(fd);
        return -1;
    }
    *port_out = ntohs(a.sin_port);
    return fd;
}

static void drop(struct peers *peers, size_t i)
{
    (void)close(peers->v[i].fd);
    buf_fini(&peers->v[i].in);
    peers->v[i] = peers->v[--peers->n];
}

/* Bytes of the request that has come in full, or 0. */
static size_t request_length(struct peer *peer)
{
    const char *text = buf_cstr(&peer->in);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length:");

    if (end == NULL)
        return 0;
    size_t n = (size_t)(end - text) + 4;
    if (length != NULL && length < end)
        n += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    return peer->in.n >= n ? n : 0;
}

static void put(const struct peer *peer, str text)
{
    while (text.n > 0) {
        struct pollfd p = {.fd = peer->fd, .events = POLLOUT};
        ssize_t n = send(peer->fd, text.p, text.n, MSG_NOSIGNAL);
        if (n < 0 && poll(&p, 1, TURN_MS) < 0)
            return;
        if (n < 0 && (p.revents & (POLLERR | POLLHUP)))
            return;
        text = str_skip(text, n > 0 ? (size_t)n : 0);
    }
}

static void take(struct stand_in *s, struct peer *peer, size_t length)
{
    pthread_mutex_lock(&s->lock);
    buf_clear(&s->last);
    buf_add(&s->last, peer->in.p, length);
    pthread_mutex_unlock(&s->lock);
    buf_clear(&peer->in); /* nobody pipelines */
}

static void compose(const char *answer, struct buf *out)
{
    const char *body = strstr(answer, "\r\n\r\n") + 4;

    buf_add(out, answer, (size_t)(body - answer) - 2);
    buf_printf(out, "Content-Length: %zu\r\n\r\n", strlen(body));
    buf_add_str(out, str_of(body));
}

/* False: the connection ends. */
static bool answer(struct stand_in *s, struct peer *peer)
{
    size_t length = request_length(peer);
    int mood = atomic_load(&s->mood);
    struct buf text = {0};

    if (length == 0 || mood == STAND_IN_WAITS)
        return true;
    take(s, peer, length);
    compose(s->answer, &text);
    if (mood == STAND_IN_ANSWERS)
        put(peer, buf_view(&text));
    if (mood == STAND_IN_BREAKS_AMID)
        put(peer, str_from(text.p, text.n / 2));
    buf_fini(&text);
    atomic_fetch_add(&s->requests, 1);
    return mood == STAND_IN_ANSWERS;
}

static bool read_peer(struct peer *peer)
{
    ssize_t n = recv(peer->fd, buf_reserve(&peer->in, READ_MAX), READ_MAX, 0);

    peer->in.n += n > 0 ? (size_t)n : 0;
    return n != 0;
}

static void accept_peers(struct stand_in *s, struct peers *peers)
{
    int fd;

    while (s->listen_fd >= 0 && peers->n < STAND_IN_CONNECTIONS &&
           (fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        peers->v[peers->n++] = (struct peer){.fd = fd};
        atomic_fetch_add(&s->connections, 1);
    }
}

static void follow_mood(struct stand_in *s, struct peers *peers)
{
    bool away = atomic_load(&s->mood) == STAND_IN_IS_AWAY;

    if (away && s->listen_fd >= 0) {
        (void)close(s->listen_fd);
        s->listen_fd = -1;
        while (peers->n > 0)
            drop(peers, 0);
    }
    if (!away && s->listen_fd < 0)
        s->listen_fd = listen_at(s->port, &s->port);
}

static void turn(struct stand_in *s, struct peers *peers)
{
    struct pollfd polls[STAND_IN_CONNECTIONS + 1] = {{.fd = s->listen_fd, .events = POLLIN}};

    for (size_t i = 0; i < peers->n; i++)
        polls[i + 1] = (struct pollfd){.fd = peers->v[i].fd, .events = POLLIN};
    (void)poll(polls, peers->n + 1, TURN_MS);
    for (size_t i = peers->n; i-- > 0;)
        if ((polls[i + 1].revents && !read_peer(&peers->v[i])) || !answer(s, &peers->v[i]))
            drop(peers, i);
    follow_mood(s, peers);
    accept_peers(s, peers);
}

static void *run(void *argument)
{
    struct stand_in *s = argument;
    static _Thread_local struct peers peers;
    int64_t due_ms = 0;

    while (!atomic_load(&s->stopping)) {
        if (atomic_load(&s->registered) && clock_mono_ms() >= due_ms) {
            call(s, PUT);
            due_ms = clock_mono_ms() + REFRESH_MS;
        }
        turn(s, &peers);
    }
    while (peers.n > 0)
        drop(&peers, 0);
    return NULL;
}

/* --- for the test ---------------------------------------------------------------------------- */

void stand_in_start(struct stand_in *s, const struct redis_server *redis, const char *kind,
                    const char *text)
{
    struct id id = id_new();

    *s = (struct stand_in){.answer = text, .registered = true};
    (void)snprintf(s->kind, sizeof s->kind, "%s", kind);
    (void)snprintf(s->socket, sizeof s->socket, "%s", redis->socket);
    (void)snprintf(s->id, sizeof s->id, "%s", id.text);
    s->listen_fd = listen_at(0, &s->port);
    if (s->listen_fd < 0)
        fail_at(HERE, "the stand-in cannot listen");
    pthread_mutex_init(&s->lock, NULL);
    call(s, PUT);
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        fail_at(HERE, "no thread");
}

void stand_in_stop(struct stand_in *s)
{
    atomic_store(&s->stopping, true);
    (void)pthread_join(s->thread, NULL);
    call(s, REMOVE);
    if (s->listen_fd >= 0)
        (void)close(s->listen_fd);
    pthread_mutex_destroy(&s->lock);
    buf_fini(&s->last);
}

const char *stand_in_last(struct stand_in *s)
{
    pthread_mutex_lock(&s->lock);
    const char *text = fmt("%s", buf_cstr(&s->last));
    pthread_mutex_unlock(&s->lock);
    return text;
}
