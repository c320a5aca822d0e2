/* Where notifications go: an HTTP server that answers every request with 204 on some ports, and takes requests and says
 * nothing on one more. One thread, epoll. Until SIGTERM. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "figures.h"
#include "options.h"

#define BUFFER 65536
#define EVENTS 256
#define PORTS_MAX 16
#define BACKLOG 4096

static struct {
    long ports, limit;
} options = {.ports = 4, .limit = 600};

struct end {
    int fd;
    bool listens;
    bool hangs;
    size_t n;
    char in[BUFFER];
};

static const char ANSWER[] = "HTTP/1.1 204 No Content\r\n\r\n";

static int open_listener(int *port_out)
{
    struct sockaddr_in at = address_of("127.0.0.1:0");
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, n) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        die("cannot listen: %s", strerror(errno));
    *port_out = ntohs(at.sin_port);
    return fd;
}

static void watch(int epoll, int fd, bool listens, bool hangs)
{
    struct end *e = mem_alloc(sizeof *e);

    e->fd = fd;
    e->listens = listens;
    e->hangs = hangs;
    e->n = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = e};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

/* Of the first request in what came; 0: it is not all there. */
static size_t request_length(const struct end *e)
{
    const char *end = memmem(e->in, e->n, "\r\n\r\n", 4);
    const char *field = memmem(e->in, e->n, "Content-Length: ", 16);

    if (end == NULL || field == NULL)
        return 0;
    size_t whole = (size_t)(end - e->in) + 4 + strtoul(field + 16, NULL, 10);
    return whole <= e->n ? whole : 0;
}

static void answer(struct end *e)
{
    size_t n;

    while ((n = request_length(e)) > 0) {
        memmove(e->in, e->in + n, e->n - n);
        e->n -= n;
        if (!e->hangs && send(e->fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0)
            return;
    }
}

static void read_some(struct end *e)
{
    ssize_t n = recv(e->fd, e->in + e->n, BUFFER - e->n, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        (void)close(e->fd);
        free(e);
        return;
    }
    e->n += (size_t)n;
    answer(e);
}

static void serve(int epoll)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct end *e = events[i].data.ptr;
            if (!e->listens) {
                read_some(e);
                continue;
            }
            int fd = accept4(e->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd >= 0)
                watch(epoll, fd, false, e->hangs);
        }
    }
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {{"--ports", &options.ports, NULL, "that answer"},
                                      {"--limit", &options.limit, NULL, "seconds of its life"},
                                      {0}};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int port;

    options_read(argc, argv, rows);
    (void)alarm((unsigned)options.limit);
    printf("ports ");
    for (long i = 0; i < options.ports && i < PORTS_MAX; i++) {
        watch(epoll, open_listener(&port), true, false);
        printf("%s%d", i > 0 ? "," : "", port);
    }
    watch(epoll, open_listener(&port), true, true);
    printf("\nhangs %d\n", port);
    (void)fflush(stdout);
    serve(epoll);
    return EXIT_SUCCESS;
}
