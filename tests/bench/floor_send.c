/* The floor of fan-out: what a server reaches that does one send() a delivery. One epoll, no store, no JSON: what
 * a client sends goes to every connection (with --rooms, of the room), as a message frame to the others and as an ack
 * to the sender, with the bytes that a chat-server would send. --lose, --repeat and --swap N spoil every Nth message on one connection, to
 * show that bench_fanout notices. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "options.h"
#include "room_layout.h"
#include "ws_frame.h"

#define CONNECTIONS_MAX 20000
#define BACKLOG 1024
#define EVENTS_MAX 512
#define ROOM_BYTES 65536
#define VICTIM 1 /* the connection whose messages are spoiled */

static struct {
    const char *listen;
    long rooms, members, clients, lose, repeat, swap, limit;
} options = {.listen = "127.0.0.1:0", .rooms = 1, .members = 5, .clients = 1000, .limit = 600};

#define ROOMS_MAX 1000

struct server {
    int epoll;
    int listener;
    size_t n;
    int fds[CONNECTIONS_MAX];
    struct buf unread[CONNECTIONS_MAX];
    bool open[CONNECTIONS_MAX];
    int64_t seqs[ROOMS_MAX];
    int64_t seq; /* the last one given */
    struct buf frame;
    struct buf held; /* a frame that --swap lets the next one overtake */
};

/* Blocks until the socket has taken it all. */
static void send_all(int fd, const struct buf *frame)
{
    ssize_t n = send(fd, frame->p, frame->n, MSG_NOSIGNAL);
    if (n != (ssize_t)frame->n && errno != EPIPE && errno != ECONNRESET)
        die("send: %s", strerror(errno));
}

static void add_head(struct buf *out, size_t length)
{
    buf_clear(out);
    buf_add_char(out, (char)(0x80 | WS_TEXT));
    if (length < 126) {
        buf_add_char(out, (char)length);
    } else {
        buf_add_char(out, 126);
        buf_add_char(out, (char)(length >> 8));
        buf_add_char(out, (char)length);
    }
}

static void build(struct buf *out, const char *text)
{
    size_t n = strlen(text);
    add_head(out, n);
    buf_add(out, text, n);
}

static str quoted(str frame, const char *name)
{
    const char *at = memmem(frame.p, frame.n, name, strlen(name));
    if (at == NULL)
        die("no %s in what a client sent", name);
    str rest = str_skip(frame, (size_t)(at - frame.p) + strlen(name));
    const char *end = memchr(rest.p, '"', rest.n);
    return str_from(rest.p, end ? (size_t)(end - rest.p) : 0);
}

static bool spoiled(const struct server *s, long every)
{
    return every > 0 && s->seq % every == 0;
}

static void deliver(struct server *s, size_t to)
{
    if (to == VICTIM && spoiled(s, options.lose))
        return;
    if (to == VICTIM && spoiled(s, options.swap)) {
        buf_clear(&s->held);
        buf_add_str(&s->held, buf_view(&s->frame));
        return;
    }
    send_all(s->fds[to], &s->frame);
    if (to == VICTIM && spoiled(s, options.repeat))
        send_all(s->fds[to], &s->frame);
    if (to == VICTIM && s->held.n > 0) {
        send_all(s->fds[to], &s->held);
        buf_clear(&s->held);
    }
}

/* The clients that a message is for. They are numbered as they were accepted, which is how the bench opened them. */
struct range {
    size_t first, end;
};

static struct range audience(const struct server *s, size_t room)
{
    struct room_layout layout = {(size_t)options.clients, (size_t)options.rooms,
                                 (size_t)options.members};
    size_t first = room_first(&layout, room);

    if (options.rooms == 1)
        return (struct range){0, s->n};
    return (struct range){first, first + layout.members};
}

static size_t room_of(str id)
{
    int64_t number;
    if (!str_to_i64(id, &number) || number < 0)
        die("an id that is no number: %.*s", STR_ARG(id));
    return (size_t)(number % options.rooms);
}

static void broadcast(struct server *s, size_t from, str sent)
{
    char text[ROOM_BYTES];
    str id = quoted(sent, "\"id\":\"");
    size_t room_n = room_of(id);
    struct range to = audience(s, room_n);
    str room = quoted(sent, "\"conversation\":\"");
    str body = quoted(sent, "\"text\":\"");

    s->seq = ++s->seqs[room_n];
    (void)snprintf(text, sizeof text,
                   "{\"type\":\"message\",\"conversation\":\"%.*s\",\"seq\":%ld,\"id\":\"%.*s\","
                   "\"from\":\"b000000-%zu\",\"time\":%ld,\"text\":\"%.*s\"}",
                   STR_ARG(room), s->seq, STR_ARG(id), from, clock_wall_ms(), STR_ARG(body));
    build(&s->frame, text);
    for (size_t i = to.first; i < to.end; i++)
        if (i != from && s->open[i])
            deliver(s, i);
    (void)snprintf(
        text, sizeof text,
        "{\"type\":\"ack\",\"id\":\"%.*s\",\"conversation\":\"%.*s\",\"seq\":%ld,\"time\":%ld}",
        STR_ARG(id), STR_ARG(room), s->seq, clock_wall_ms());
    build(&s->frame, text);
    send_all(s->fds[from], &s->frame);
}

/* ---- connections ---- */

static size_t take_upgrade(struct server *s, size_t client, const char *bytes, size_t n)
{
    static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                 "Upgrade: websocket\r\n\r\n";
    const char *end = memmem(bytes, n, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    buf_clear(&s->frame);
    buf_add(&s->frame, ANSWER, sizeof ANSWER - 1);
    send_all(s->fds[client], &s->frame);
    build(&s->frame, "{\"type\":\"ready\"}");
    send_all(s->fds[client], &s->frame);
    s->open[client] = true;
    return (size_t)(end - bytes) + 4;
}

static void close_client(struct server *s, size_t client)
{
    (void)close(s->fds[client]);
    s->open[client] = false;
    buf_fini(&s->unread[client]);
}

static void read_client(struct server *s, size_t client)
{
    char room[ROOM_BYTES];
    struct buf *unread = &s->unread[client];
    struct ws_frame frame;
    size_t used = 0;
    size_t n;
    ssize_t got = recv(s->fds[client], room, sizeof room, MSG_DONTWAIT);

    if (got <= 0) {
        close_client(s, client);
        return;
    }
    buf_add(unread, room, (size_t)got);
    if (!s->open[client])
        used = take_upgrade(s, client, unread->p, unread->n);
    while (s->open[client] && (n = ws_frame_next(unread->p + used, unread->n - used, &frame)) > 0) {
        used += n;
        if (frame.opcode == WS_TEXT)
            broadcast(s, client, frame.payload);
    }
    memmove(unread->p, unread->p + used, unread->n - used);
    unread->n -= used;
}

static void watch(const struct server *s, int fd, uint64_t who)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = who};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void accept_client(struct server *s)
{
    int on = 1;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (s->n == CONNECTIONS_MAX)
        die("too many connections");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    s->fds[s->n] = fd;
    watch(s, fd, s->n);
    s->n++;
}

static void start(struct server *s)
{
    struct sockaddr_in address = address_of(options.listen);
    socklen_t address_n = sizeof address;
    int on = 1;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s->listener, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(s->listener, BACKLOG) < 0)
        die("cannot listen on %s: %s", options.listen, strerror(errno));
    (void)getsockname(s->listener, (struct sockaddr *)&address, &address_n);
    figure("port", ntohs(address.sin_port));
    watch(s, s->listener, CONNECTIONS_MAX);
}

static void turn(struct server *s)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(s->epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 == CONNECTIONS_MAX)
            accept_client(s);
        else
            read_client(s, events[i].data.u64);
    }
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--listen", NULL, &options.listen, "address:port"},
        {"--rooms", &options.rooms, NULL, "of some of the clients each; 1: of all"},
        {"--members", &options.members, NULL, "of each of several rooms"},
        {"--clients", &options.clients, NULL, "that will come, when there are several rooms"},
        {"--lose", &options.lose, NULL, "every Nth message on one connection"},
        {"--repeat", &options.repeat, NULL, "every Nth message on one connection"},
        {"--swap", &options.swap, NULL, "every Nth message with the next one, on one connection"},
        {"--limit", &options.limit, NULL, "seconds after which it ends"},
        {0}};
    options_read(argc, argv, rows);
    if (options.rooms < 1 || options.rooms > ROOMS_MAX || options.clients > CONNECTIONS_MAX ||
        options.members > options.clients)
        die("at most %d rooms and %d clients", ROOMS_MAX, CONNECTIONS_MAX);
    (void)alarm((unsigned)options.limit);
    struct server *s = mem_zalloc(sizeof *s);
    start(s);
    for (;;)
        turn(s);
}
