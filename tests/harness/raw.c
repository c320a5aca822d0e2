#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wait.h"

struct raw raw_open(int port)
{
    return raw_open_from("127.0.0.1", port);
}

struct raw raw_open_from(const char *address, int port)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct raw r = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    if (inet_pton(AF_INET, address, &own.sin_addr) != 1 ||
        bind(r.fd, (struct sockaddr *)&own, sizeof own) != 0)
        fail_at(HERE, "from %s: %s", address, strerror(errno));
    if (connect(r.fd, (struct sockaddr *)&a, sizeof a) != 0)
        fail_at(HERE, "connect to port %d: %s", port, strerror(errno));
    return r;
}

void raw_close(struct raw *r)
{
    (void)close(r->fd);
    buf_fini(&r->in);
    *r = (struct raw){.fd = -1};
}

void raw_send(struct raw *r, str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(r->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0)
            return; /* what the server said before it closed can still be read */
        bytes = str_skip(bytes, (size_t)n);
    }
}

bool raw_receive(struct raw *r, int wait_ms)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN};

    if (r->ended || poll(&p, 1, wait_ms) <= 0)
        return r->ended;
    ssize_t n = recv(r->fd, buf_reserve(&r->in, 65536), 65536, 0);
    if (n > 0)
        r->in.n += (size_t)n;
    else
        r->ended = true;
    return true;
}

void raw_receive_to_end(struct raw *r)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    while (!r->ended) {
        if (clock_mono_ms() > deadline)
            fail_at(HERE, "the server does not close; it said: %s", buf_cstr(&r->in));
        (void)raw_receive(r, PATIENCE_MS);
    }
}

int raw_status(struct raw *r)
{
    while (strstr(buf_cstr(&r->in), "\r\n\r\n") == NULL && !r->ended)
        if (!raw_receive(r, PATIENCE_MS))
            fail_at(HERE, "no answer; so far: %s", buf_cstr(&r->in));
    int status = 0;
    if (sscanf(buf_cstr(&r->in), "HTTP/1.%*d %d", &status) != 1)
        return 0;
    return status;
}

int raw_ask(int port, str request)
{
    struct raw r = raw_open(port);

    raw_send(&r, request);
    int status = raw_status(&r);
    raw_close(&r);
    return status;
}
