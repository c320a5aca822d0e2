#include "daemon/service.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/workers.h"

/* "@name" is a socket in the abstract namespace. False: the path is none. */
static bool address_of(const char *path, struct sockaddr_un *address_out, socklen_t *n_out)
{
    size_t n = strlen(path);

    *address_out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof address_out->sun_path)
        return false;
    memcpy(address_out->sun_path, path, n);
    if (path[0] == '@')
        address_out->sun_path[0] = '\0';
    *n_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    return true;
}

static bool send_to(const struct sockaddr_un *address, socklen_t address_n, str text)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    bool sent = sendto(fd, text.p, text.n, MSG_NOSIGNAL, (const struct sockaddr *)address,
                       address_n) == (ssize_t)text.n;
    (void)close(fd);
    return sent;
}

static void tell(str text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t n;

    if (path == NULL || path[0] == '\0' || workers_is_worker())
        return;
    errno = EINVAL;
    if (!address_of(path, &address, &n) || !send_to(&address, n, text))
        log_warn("cannot tell the service manager", F_STR("what", text),
                 F_Z("why", strerror(errno)));
}

void service_ready(void)
{
    tell(STR("READY=1"));
}

void service_stopping(void)
{
    tell(STR("STOPPING=1"));
}
