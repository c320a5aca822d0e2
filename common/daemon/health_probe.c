#include "daemon/health_probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_MS 3000
#define ANSWER_MAX 4096

static const char REQUEST[] =
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

static const char *address_to_ask(const char *listen)
{
    if (strcmp(listen, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(listen, "::") == 0 ? "::1" : listen;
}

static int open_socket(const char *address, int port)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char service[8];

    (void)snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
        (void)close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static bool await(int fd, short events, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = until_ms - clock_mono_ms();

    return left > 0 && poll(&p, 1, (int)left) == 1;
}

static bool send_request(int fd, int64_t until_ms)
{
    size_t n = sizeof REQUEST - 1; /* far less than a socket's buffer takes at once */

    return await(fd, POLLOUT, until_ms) && send(fd, REQUEST, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* Up to the end, which the server makes. */
static bool read_answer(int fd, int64_t until_ms, struct buf *answer)
{
    while (answer->n < ANSWER_MAX && await(fd, POLLIN, until_ms)) {
        ssize_t n = recv(fd, buf_reserve(answer, ANSWER_MAX), ANSWER_MAX, 0);
        if (n <= 0)
            return answer->n > 0;
        answer->n += (size_t)n;
    }
    return answer->n >= ANSWER_MAX;
}

static bool exchange(int fd, struct buf *answer)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    return send_request(fd, until_ms) && read_answer(fd, until_ms, answer);
}

static void add_body(str answer, struct buf *said)
{
    const char *body = memmem(answer.p, answer.n, "\r\n\r\n", 4);

    if (body != NULL)
        buf_add_str(said, str_skip(answer, (size_t)(body - answer.p) + 4));
    while (said->n > 0 && said->p[said->n - 1] == '\n')
        said->n--;
}

bool health_probe(const char *listen, int port, struct buf *said)
{
    const char *address = address_to_ask(listen);
    struct buf answer = {0};
    int fd = open_socket(address, port);
    bool answered = fd >= 0 && exchange(fd, &answer);

    if (fd >= 0)
        (void)close(fd);
    if (answered)
        add_body(buf_view(&answer), said);
    else
        buf_printf(said, "no answer from %s port %d", address, port);
    bool ready = answered && (str_starts(buf_view(&answer), STR("HTTP/1.1 200 ")) ||
                              str_starts(buf_view(&answer), STR("HTTP/1.0 200 ")));
    buf_fini(&answer);
    return ready;
}
