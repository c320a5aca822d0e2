#include "redis/redis_resolve.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

struct redis_resolve {
    uv_getaddrinfo_t request;
    redis_resolved_fn *done; /* NULL when cancelled */
    void *context;
    unsigned attempt;
};

bool redis_host_is_numeric(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return uv_inet_pton(AF_INET, host, address) == 0 || uv_inet_pton(AF_INET6, host, address) == 0;
}

static unsigned count(const struct addrinfo *list, int family)
{
    unsigned n = 0;

    for (; list != NULL; list = list->ai_next)
        if (list->ai_family == family)
            n++;
    return n;
}

/* The i-th of that family, which there is. */
static void name_nth(const struct addrinfo *list, int family, unsigned i, char *to, size_t size)
{
    while (list->ai_family != family || i-- > 0)
        list = list->ai_next;
    if (family == AF_INET)
        (void)uv_ip4_name((const struct sockaddr_in *)(const void *)list->ai_addr, to, size);
    else
        (void)uv_ip6_name((const struct sockaddr_in6 *)(const void *)list->ai_addr, to, size);
}

static void tell(struct redis_resolve *resolve, const struct addrinfo *list)
{
    unsigned n_v4 = count(list, AF_INET);
    unsigned n = n_v4 + count(list, AF_INET6);
    char address[INET6_ADDRSTRLEN] = "";

    if (n == 0) {
        resolve->done(resolve->context, NULL, "the host has no address");
        return;
    }
    unsigned i = resolve->attempt % n;
    if (i < n_v4)
        name_nth(list, AF_INET, i, address, sizeof address);
    else
        name_nth(list, AF_INET6, i - n_v4, address, sizeof address);
    resolve->done(resolve->context, address, NULL);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct redis_resolve *resolve = request->data;

    if (resolve->done != NULL && status != 0)
        resolve->done(resolve->context, NULL, uv_strerror(status));
    else if (resolve->done != NULL)
        tell(resolve, list);
    uv_freeaddrinfo(list);
    free(resolve);
}

struct redis_resolve *redis_resolve_start(uv_loop_t *loop, const char *host, unsigned attempt,
                                          redis_resolved_fn *done, void *context)
{
    struct redis_resolve *resolve = mem_zalloc(sizeof *resolve);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

    resolve->request.data = resolve;
    resolve->done = done;
    resolve->context = context;
    resolve->attempt = attempt;
    /* The attempt's time-out also covers a name that libuv refuses: it cannot be looked up later either. */
    if (uv_getaddrinfo(loop, &resolve->request, on_resolved, host, NULL, &hints) != 0) {
        free(resolve);
        return NULL;
    }
    return resolve;
}

void redis_resolve_cancel(struct redis_resolve **resolve)
{
    if (*resolve == NULL)
        return;
    (*resolve)->done = NULL;
    (void)uv_cancel((uv_req_t *)&(*resolve)->request);
    *resolve = NULL;
}
