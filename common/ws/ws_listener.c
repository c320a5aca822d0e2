#include "ws/ws_listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/log.h"

#define ACCEPTS_PER_TURN 256 /* then those already connected get their turn */
#define PAUSE_MS 100         /* after running out of file descriptors */

struct ws_listener {
    uv_poll_t poll;
    uv_timer_t pause;
    int open_handles;
    int fd;
    int port;
    ws_accepted_fn *accepted;
    void *context;
};

static void resume(uv_timer_t *timer);

static void accept_some(uv_poll_t *poll, int status, int events)
{
    struct ws_listener *l = poll->data;
    (void)status;
    (void)events;

    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            int on = 1;
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            l->accepted(l->context, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn("no file descriptor left for a new connection", F_INT("errno", errno));
            (void)uv_poll_stop(&l->poll); /* it would spin: the connection stays in the queue */
            (void)uv_timer_start(&l->pause, resume, PAUSE_MS, 0);
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void resume(uv_timer_t *timer)
{
    struct ws_listener *l = timer->data;
    (void)uv_poll_start(&l->poll, UV_READABLE, accept_some);
}

static int listen_on(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static int bound_port(int fd)
{
    struct sockaddr_storage name = {0};
    socklen_t n = sizeof name;

    if (getsockname(fd, (struct sockaddr *)&name, &n) != 0)
        return 0;
    size_t at = name.ss_family == AF_INET6 ? offsetof(struct sockaddr_in6, sin6_port)
                                           : offsetof(struct sockaddr_in, sin_port);
    in_port_t port = 0;
    memcpy(&port, (const char *)&name + at, sizeof port);
    return ntohs(port);
}

static enum err resolve_and_listen(const char *address, int port, int *fd_out, struct buf *why)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char service[8];

    (void)snprintf(service, sizeof service, "%d", port);
    int status = getaddrinfo(address, service, &hints, &found);
    if (status != 0) {
        buf_printf(why, "--listen: cannot resolve %s: %s", address, gai_strerror(status));
        return ERR_IO;
    }
    *fd_out = listen_on(found);
    if (*fd_out < 0)
        buf_printf(why, "--port: cannot listen on %s port %d: %s; is another server using it?",
                   address, port, strerror(errno));
    freeaddrinfo(found);
    return *fd_out < 0 ? ERR_IO : OK;
}

enum err ws_listener_open(uv_loop_t *loop, const char *address, int port, ws_accepted_fn *accepted,
                          void *context, struct ws_listener **listener_out, struct buf *why)
{
    int fd = -1;
    enum err err = resolve_and_listen(address, port, &fd, why);
    if (err != OK)
        return err;

    struct ws_listener *l = mem_zalloc(sizeof *l);
    *l = (struct ws_listener){.fd = fd,
                              .port = bound_port(fd),
                              .accepted = accepted,
                              .context = context,
                              .open_handles = 2};
    (void)uv_poll_init(loop, &l->poll, fd);
    (void)uv_timer_init(loop, &l->pause);
    l->poll.data = l;
    l->pause.data = l;
    (void)uv_poll_start(&l->poll, UV_READABLE, accept_some);
    *listener_out = l;
    return OK;
}

int ws_listener_port(const struct ws_listener *listener)
{
    return listener->port;
}

static void handle_closed(uv_handle_t *handle)
{
    struct ws_listener *l = handle->data;
    if (--l->open_handles > 0)
        return;
    free(l);
}

void ws_listener_close(struct ws_listener **listener)
{
    struct ws_listener *l = *listener;
    if (l == NULL)
        return;
    *listener = NULL;
    (void)uv_poll_stop(&l->poll);
    (void)close(l->fd);
    uv_close((uv_handle_t *)&l->poll, handle_closed);
    uv_close((uv_handle_t *)&l->pause, handle_closed);
}
