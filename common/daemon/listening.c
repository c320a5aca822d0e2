#include "daemon/listening.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int listening_port(int fd)
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

static void close_keeping_errno(int fd)
{
    int saved = errno;
    (void)close(fd);
    errno = saved;
}

static int bound_socket(const struct addrinfo *address, bool shared)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if ((!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    close_keeping_errno(fd);
    return -1;
}

/* A second server that shares its port, too, would get a share of the first one's connections without a word. One
 * that does not share it is refused, so that is tried first. (With port 0 the kernel takes none that is in use.) */
static bool is_free(const struct addrinfo *address)
{
    int fd = bound_socket(address, false);

    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

static int listening_socket(const struct addrinfo *address, bool shared)
{
    int fd = bound_socket(address, shared);

    if (fd < 0 || listen(fd, SOMAXCONN) == 0)
        return fd;
    close_keeping_errno(fd);
    return -1;
}

/* The address with the port that the first socket was given. */
static void use_port_of(int fd, const struct addrinfo *address)
{
    socklen_t n = address->ai_addrlen;
    (void)getsockname(fd, address->ai_addr, &n);
}

static bool open_all(const struct addrinfo *address, int *fds_out, size_t n)
{
    size_t done;

    if (n > 1 && !is_free(address))
        return false;
    for (done = 0; done < n; done++) {
        fds_out[done] = listening_socket(address, n > 1);
        if (fds_out[done] < 0)
            break;
        use_port_of(fds_out[done], address);
    }
    if (done == n)
        return true;
    while (done > 0)
        close_keeping_errno(fds_out[--done]);
    return false;
}

enum err listening_open(const char *address, int port, int *fds_out, size_t n, struct buf *why)
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
    bool good = open_all(found, fds_out, n);
    if (!good)
        buf_printf(why, "--port: cannot listen on %s port %d: %s; is another server using it?",
                   address, port, strerror(errno));
    freeaddrinfo(found);
    return good ? OK : ERR_IO;
}
