#include "daemon/proxies.h"

#include <arpa/inet.h>
#include <stdio.h>

#define V6_BITS 128
#define V4_BITS 32
#define BITS_OF_BYTE 8

struct proxies trusted_proxies;

static const unsigned char V4_IN_V6[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* The number of bits of its kind, or 0: it is no address. */
static int parse_address(str text, unsigned char address_out[sizeof(struct in6_addr)])
{
    char z[INET6_ADDRSTRLEN];

    if (text.n >= sizeof z)
        return 0;
    (void)snprintf(z, sizeof z, "%.*s", STR_ARG(text));
    if (inet_pton(AF_INET6, z, address_out) == 1)
        return V6_BITS;
    memcpy(address_out, V4_IN_V6, sizeof V4_IN_V6);
    return inet_pton(AF_INET, z, address_out + sizeof V4_IN_V6) == 1 ? V4_BITS : 0;
}

/* ---- the list ---- */

static bool parse_net(str text, struct proxy_net *net_out)
{
    str address;
    str rest = text;
    int64_t prefix;

    (void)str_split(&rest, '/', &address);
    int bits = parse_address(address, net_out->address);
    if (bits == 0)
        return false;
    prefix = bits;
    if (!str_is_none(rest) && (!str_to_i64(rest, &prefix) || prefix < 0 || prefix > bits))
        return false;
    net_out->bits = V6_BITS - bits + (int)prefix;
    return true;
}

enum err proxies_parse(str list, struct proxies *out, struct buf *why)
{
    str item;

    out->n = 0;
    if (list.n == 0)
        return OK;
    while (str_split(&list, ',', &item)) {
        item = str_trim(item);
        if (out->n == PROXIES_MAX) {
            buf_printf(why, "more than %d networks", PROXIES_MAX);
            return ERR_INVALID;
        }
        if (!parse_net(item, &out->nets[out->n])) {
            buf_printf(why, "\"%.*s\" is neither an address nor a network like 10.0.0.0/8",
                       STR_ARG(item));
            return ERR_INVALID;
        }
        out->n++;
    }
    return OK;
}

static bool net_has(const struct proxy_net *net, const unsigned char *address)
{
    size_t whole = (size_t)net->bits / BITS_OF_BYTE;
    int rest = net->bits % BITS_OF_BYTE;

    if (memcmp(net->address, address, whole) != 0)
        return false;
    return rest == 0 || ((net->address[whole] ^ address[whole]) >> (BITS_OF_BYTE - rest)) == 0;
}

static bool has(const struct proxies *proxies, const unsigned char *address)
{
    for (size_t i = 0; i < proxies->n; i++)
        if (net_has(&proxies->nets[i], address))
            return true;
    return false;
}

/* ---- the client ---- */

/* "1.2.3.4:80", "[::1]:80" and "[::1]" without what is around the address. */
static str bare(str text)
{
    const char *end;

    if (str_starts(text, STR("["))) {
        end = memchr(text.p, ']', text.n);
        return end != NULL ? str_from(text.p + 1, (size_t)(end - text.p) - 1) : text;
    }
    end = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
    if (end == NULL || memchr(end + 1, ':', text.n - (size_t)(end - text.p) - 1) != NULL)
        return text; /* no port, or an IPv6 address */
    return str_from(text.p, (size_t)(end - text.p));
}

/* The last of what is left of the list, which gets shorter by it. */
static str take_last(str *list)
{
    const char *comma = list->n > 0 ? memrchr(list->p, ',', list->n) : NULL;
    str last = *list;

    if (comma == NULL) {
        *list = STR_NONE;
    } else {
        last = str_skip(*list, (size_t)(comma - list->p) + 1);
        list->n = (size_t)(comma - list->p);
    }
    return bare(str_trim(last));
}

static void format_address(const unsigned char *address, char out[INET6_ADDRSTRLEN])
{
    if (memcmp(address, V4_IN_V6, sizeof V4_IN_V6) == 0)
        (void)inet_ntop(AF_INET, address + sizeof V4_IN_V6, out, INET6_ADDRSTRLEN);
    else
        (void)inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
}

void proxies_client(const struct proxies *proxies, str peer, str forwarded_for,
                    char client_out[INET6_ADDRSTRLEN])
{
    unsigned char address[sizeof(struct in6_addr)];
    unsigned char further[sizeof(struct in6_addr)];

    (void)snprintf(client_out, INET6_ADDRSTRLEN, "%.*s", STR_ARG(peer));
    if (proxies->n == 0 || parse_address(peer, address) == 0)
        return;
    while (has(proxies, address) && !str_is_none(forwarded_for)) {
        if (parse_address(take_last(&forwarded_for), further) == 0)
            break;
        memcpy(address, further, sizeof address);
    }
    format_address(address, client_out);
}
