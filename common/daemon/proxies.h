/* Whose word about a client's address is taken: the proxies of --trusted-proxies. They say it in X-Forwarded-For, to
 * which each proxy appends the address that it saw; what stands further left than our own proxies' words may be
 * anybody's invention. Pure. */
#ifndef CHATAPP_DAEMON_PROXIES_H
#define CHATAPP_DAEMON_PROXIES_H

#include <netinet/in.h>

#include "base/buf.h"
#include "base/err.h"

#define PROXIES_MAX 32

struct proxy_net {
    unsigned char address[sizeof(struct in6_addr)]; /* IPv4 as ::ffff:1.2.3.4 */
    int bits;                                       /* of it that count */
};

struct proxies {
    struct proxy_net nets[PROXIES_MAX];
    size_t n;
};

/* Set once, by daemon_start(). */
extern struct proxies trusted_proxies;

/* `list`: addresses and networks ("10.0.0.0/8,fd00::/8") with commas between; "" is none. ERR_INVALID: *why says
 * what is wrong, and *out is not to be used. */
MUST_USE enum err proxies_parse(str list, struct proxies *out, struct buf *why);

/* Into client_out the address of whom a request is from that came from `peer` with this X-Forwarded-For (STR_NONE:
 * with none): the last one that is no trusted proxy. */
void proxies_client(const struct proxies *proxies, str peer, str forwarded_for,
                    char client_out[INET6_ADDRSTRLEN]);

#endif
