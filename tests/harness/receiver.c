#include "receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fail.h"
#include "fmt.h"
#include "names.h"
#include "wait.h"

#define CONNECTIONS_MAX 1024
#define BUFFER 65536
#define TICK_MS 20
#define FLOOD_PIECE 16384
#define HEADERS_MAX 512

#define ID_MAX 128

enum behaviour { ANSWER, HANG, HOLD, REFUSE, FLOOD };

struct connection {
    int fd;
    struct buf in;
    bool flooded; /* gets more and more */
    bool held;    /* an answer is owed, to the request with this id */
    char id[ID_MAX];
};

struct receiver_state {
    pthread_t thread;
    int port;
    int listener; /* the thread's */
    int n;
    struct connection connections[CONNECTIONS_MAX];
    struct pollfd polls[CONNECTIONS_MAX + 1];
    pthread_mutex_t lock; /* guards what follows */
    bool stopping;
    enum behaviour behaviour;
    enum behaviour done; /* what the thread has seen of it */
    int status;
    char headers[HEADERS_MAX];
    size_t requests;
    size_t accepted;
    struct names ids;
    size_t *times; /* by the number of the id */
    size_t n_times;
    struct buf latest;
};

/* ---- what came ---- */

/* The value of a header line in `head`, or "". */
static str header(str head, const char *name)
{
    size_t n = strlen(name);
    str line;

    while (str_split(&head, '\n', &line)) {
        if (line.n <= n + 1 || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
            continue;
        line = str_skip(line, n + 1);
        while (line.n > 0 && line.p[0] == ' ')
            line = str_skip(line, 1);
        while (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        return line;
    }
    return STR("");
}

/* How long the first request in `in` is; 0: not all of it has come. */
static size_t request_length(const struct buf *in)
{
    const char *end = in->n > 0 ? memmem(in->p, in->n, "\r\n\r\n", 4) : NULL;
    int64_t length = 0;

    if (end == NULL)
        return 0;
    str head = str_from(in->p, (size_t)(end - in->p) + 2);
    (void)str_to_i64(header(head, "Content-Length"), &length);
    size_t whole = head.n + 2 + (size_t)length;
    return in->n >= whole ? whole : 0;
}

/* It is answered now. */
static void count_id(struct receiver_state *s, const char *text)
{
    if (text[0] == '\0' || s->behaviour != ANSWER || s->status / 100 != 2)
        return;
    size_t number = (size_t)names_number(&s->ids, text);
    if (number >= s->n_times) {
        s->times = mem_array(s->times, number + 1, sizeof *s->times);
        memset(s->times + s->n_times, 0, (number + 1 - s->n_times) * sizeof *s->times);
        s->n_times = number + 1;
    }
    s->times[number]++;
}

static void record(struct receiver_state *s, struct connection *c, str request)
{
    s->requests++;
    buf_clear(&s->latest);
    buf_add_str(&s->latest, request);
    (void)snprintf(c->id, sizeof c->id, "%.*s", STR_ARG(header(request, "webhook-id")));
}

/* ---- the thread ---- */

static void send_text(int fd, const char *text, size_t n)
{
    (void)!send(fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void answer(struct receiver_state *s, struct connection *c)
{
    char text[HEADERS_MAX + 128];
    int n;

    c->held = s->behaviour == HOLD;
    if (s->behaviour == HANG || s->behaviour == HOLD)
        return;
    count_id(s, c->id);
    c->flooded = s->behaviour == FLOOD;
    if (c->flooded)
        n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n\r\n");
    else if (s->status == 204)
        n = snprintf(text, sizeof text, "HTTP/1.1 204 x\r\n%s\r\n", s->headers);
    else
        n = snprintf(text, sizeof text, "HTTP/1.1 %d x\r\n%sContent-Length: 0\r\n\r\n", s->status,
                     s->headers);
    send_text(c->fd, text, (size_t)n);
}

static void handle_requests(struct receiver_state *s, struct connection *c)
{
    size_t n;

    pthread_mutex_lock(&s->lock);
    while ((n = request_length(&c->in)) > 0) {
        record(s, c, str_from(c->in.p, n));
        answer(s, c);
        memmove(c->in.p, c->in.p + n, c->in.n - n);
        c->in.n -= n;
    }
    pthread_mutex_unlock(&s->lock);
}

static void drop(struct receiver_state *s, int i)
{
    (void)close(s->connections[i].fd);
    buf_fini(&s->connections[i].in);
    s->connections[i] = s->connections[--s->n];
}

/* False: it has ended. */
static bool read_some(struct receiver_state *s, struct connection *c)
{
    ssize_t n = recv(c->fd, buf_reserve(&c->in, BUFFER), BUFFER, MSG_DONTWAIT);

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    c->in.n += (size_t)n;
    handle_requests(s, c);
    return true;
}

static void flood(const struct connection *c)
{
    static const char piece[FLOOD_PIECE];

    send_text(c->fd, piece, sizeof piece);
}

static void open_listener(struct receiver_state *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)s->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int on = 1;

    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s->listener, (const struct sockaddr *)&at, n) != 0 ||
        listen(s->listener, CONNECTIONS_MAX) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &n) != 0)
        abort();
    s->port = ntohs(at.sin_port);
}

static void close_all(struct receiver_state *s)
{
    while (s->n > 0)
        drop(s, 0);
    if (s->listener >= 0)
        (void)close(s->listener);
    s->listener = -1;
}

/* Does what is to be done once when it is told to behave otherwise; false: it is to end. */
static bool obey(struct receiver_state *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->behaviour == REFUSE && s->listener >= 0)
        close_all(s);
    else if (s->behaviour != REFUSE && s->listener < 0)
        open_listener(s);
    for (int i = 0; i < s->n && s->behaviour == ANSWER; i++)
        if (s->connections[i].held)
            answer(s, &s->connections[i]);
    s->done = s->behaviour;
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

static void accept_all(struct receiver_state *s)
{
    int fd;

    while (s->n < CONNECTIONS_MAX &&
           (fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        s->connections[s->n++] = (struct connection){.fd = fd};
        pthread_mutex_lock(&s->lock);
        s->accepted++;
        pthread_mutex_unlock(&s->lock);
    }
}

static void turn(struct receiver_state *s)
{
    struct pollfd *polls = s->polls;

    for (int i = 0; i < s->n; i++)
        polls[i] = (struct pollfd){s->connections[i].fd,
                                   s->connections[i].flooded ? POLLIN | POLLOUT : POLLIN, 0};
    polls[s->n] = (struct pollfd){s->listener, POLLIN, 0};
    int n = s->n;
    (void)poll(polls, (nfds_t)n + 1, TICK_MS);
    for (int i = n - 1; i >= 0; i--) {
        if (polls[i].revents & POLLOUT)
            flood(&s->connections[i]);
        if ((polls[i].revents & ~POLLOUT) && !read_some(s, &s->connections[i]))
            drop(s, i);
    }
    if (s->listener >= 0 && polls[n].revents)
        accept_all(s);
}

static void *run(void *argument)
{
    struct receiver_state *s = argument;

    while (obey(s))
        turn(s);
    close_all(s);
    return NULL;
}

/* ---- for the test ---- */

void receiver_start(struct receiver *r)
{
    struct receiver_state *s = mem_zalloc(sizeof *s);

    pthread_mutex_init(&s->lock, NULL);
    s->status = 204;
    open_listener(s);
    if (pthread_create(&s->thread, NULL, run, s) != 0)
        fail_at(HERE, "no thread");
    *r = (struct receiver){s->port, s};
}

void receiver_stop(struct receiver *r)
{
    struct receiver_state *s = r->state;

    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    names_fini(&s->ids);
    buf_fini(&s->latest);
    free(s->times);
    free(s);
    r->state = NULL;
}

static bool obeyed(struct receiver_state *s)
{
    pthread_mutex_lock(&s->lock);
    bool done = s->done == s->behaviour;
    pthread_mutex_unlock(&s->lock);
    return done;
}

static void behave(struct receiver *r, enum behaviour behaviour, int status, const char *headers)
{
    struct receiver_state *s = r->state;

    pthread_mutex_lock(&s->lock);
    s->behaviour = behaviour;
    s->status = status;
    (void)snprintf(s->headers, sizeof s->headers, "%s", headers);
    pthread_mutex_unlock(&s->lock);
    WAIT_UNTIL(obeyed(s));
}

void receiver_answer(struct receiver *r, int status, const char *headers)
{
    behave(r, ANSWER, status, headers);
}

void receiver_hang(struct receiver *r)
{
    behave(r, HANG, 0, "");
}

void receiver_hold(struct receiver *r)
{
    behave(r, HOLD, 0, "");
}

void receiver_refuse(struct receiver *r)
{
    behave(r, REFUSE, 0, "");
}

void receiver_flood(struct receiver *r)
{
    behave(r, FLOOD, 0, "");
}

static size_t look(struct receiver *r, const size_t *at)
{
    pthread_mutex_lock(&r->state->lock);
    size_t n = *at;
    pthread_mutex_unlock(&r->state->lock);
    return n;
}

size_t receiver_requests(struct receiver *r)
{
    return look(r, &r->state->requests);
}

size_t receiver_connections(struct receiver *r)
{
    return look(r, &r->state->accepted);
}

size_t receiver_delivered(struct receiver *r)
{
    return look(r, &r->state->n_times);
}

size_t receiver_times(struct receiver *r, const char *webhook_id)
{
    struct receiver_state *s = r->state;
    size_t times = 0;

    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n_times; i++)
        if (strcmp(names_text(&s->ids, (int)i), webhook_id) == 0)
            times = s->times[i];
    pthread_mutex_unlock(&s->lock);
    return times;
}

const char *receiver_latest(struct receiver *r)
{
    struct receiver_state *s = r->state;

    pthread_mutex_lock(&s->lock);
    const char *text = fmt("%s", buf_cstr(&s->latest));
    pthread_mutex_unlock(&s->lock);
    return text;
}
