#include "http/http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

static int port_of(int fd)
{
    struct sockaddr_storage bound = {0};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    socklen_t n = sizeof bound;

    if (getsockname(fd, (struct sockaddr *)&bound, &n) != 0)
        return 0;
    memcpy(&v4, &bound, sizeof v4);
    memcpy(&v6, &bound, sizeof v6);
    return ntohs(bound.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

static int open_socket(const struct addrinfo *to)
{
    int on = 1;
    int off = 0;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (to->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

enum err http_listen(const char *address, int64_t port, int *fd_out, int *port_out, struct buf *why)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char service[24];

    (void)snprintf(service, sizeof service, "%lld", (long long)port);
    if (getaddrinfo(address, service, &hints, &found) != 0) {
        buf_printf(why, "listen: \"%s\" is no IP address", address);
        return ERR_INVALID;
    }
    *fd_out = open_socket(found);
    freeaddrinfo(found);
    if (*fd_out < 0) {
        buf_printf(why, "cannot listen on %s port %lld: %s", address, (long long)port,
                   strerror(errno));
        return ERR_IO;
    }
    *port_out = port_of(*fd_out);
    return OK;
}
