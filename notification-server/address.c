#include "address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct v4_net {
    uint32_t net;
    unsigned bits;
};

#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct v4_net V4_REFUSED[] = {
    {V4(0, 0, 0, 0), 8},       /* "this network"; 0.0.0.0 reaches the machine itself */
    {V4(10, 0, 0, 0), 8},      /* private */
    {V4(100, 64, 0, 0), 10},   /* carrier-grade NAT */
    {V4(127, 0, 0, 0), 8},     /* loopback */
    {V4(169, 254, 0, 0), 16},  /* link-local; 169.254.169.254 tells cloud machines their secrets */
    {V4(172, 16, 0, 0), 12},   /* private */
    {V4(192, 0, 0, 0), 24},    /* protocol assignments */
    {V4(192, 0, 2, 0), 24},    /* documentation */
    {V4(192, 31, 196, 0), 24}, /* AS112 */
    {V4(192, 52, 193, 0), 24}, /* AMT */
    {V4(192, 88, 99, 0), 24},  /* 6to4 relays */
    {V4(192, 168, 0, 0), 16},  /* private */
    {V4(192, 175, 48, 0), 24}, /* AS112 */
    {V4(198, 18, 0, 0), 15},   /* benchmarks */
    {V4(198, 51, 100, 0), 24}, /* documentation */
    {V4(203, 0, 113, 0), 24},  /* documentation */
    {V4(224, 0, 0, 0), 4},     /* multicast */
    {V4(240, 0, 0, 0), 4},     /* reserved, and broadcast */
};

static bool v4_is_public(uint32_t address)
{
    for (size_t i = 0; i < sizeof V4_REFUSED / sizeof V4_REFUSED[0]; i++)
        if (((address ^ V4_REFUSED[i].net) >> (32 - V4_REFUSED[i].bits)) == 0)
            return false;
    return true;
}

struct v6_net {
    unsigned char net[16];
    unsigned bits;
};

/* What is refused of 2000::/3, the only block that is unicast on the internet. */
static const struct v6_net V6_GLOBAL = {{0x20}, 3};
static const struct v6_net V6_REFUSED[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments: Teredo, ORCHID, benchmarks … */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, /* AS112 */
    {{0x3f, 0xff, 0x00}, 20},                   /* documentation */
};
static const struct v6_net V6_NAT64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
static const struct v6_net V6_6TO4 = {{0x20, 0x02}, 16};

static bool v6_in(const unsigned char *address, const struct v6_net *net)
{
    size_t whole = net->bits / 8;
    unsigned rest = net->bits % 8;

    if (memcmp(address, net->net, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ net->net[whole]) >> (8 - rest)) == 0;
}

static uint32_t v4_at(const unsigned char *p)
{
    return V4(p[0], p[1], p[2], p[3]);
}

/* The last half of an address whose network knows ISATAP (RFC 5214): 0[02]00:5efe and an IPv4 address. */
static bool is_isatap(const unsigned char *a)
{
    return (a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe;
}

static bool v6_is_public(const unsigned char *a)
{
    if (v6_in(a, &V6_NAT64))
        return v4_is_public(v4_at(a + 12));
    if (!v6_in(a, &V6_GLOBAL)) /* mapped and compatible ones too: nobody needs to write those */
        return false;
    for (size_t i = 0; i < sizeof V6_REFUSED / sizeof V6_REFUSED[0]; i++)
        if (v6_in(a, &V6_REFUSED[i]))
            return false;
    if (v6_in(a, &V6_6TO4))
        return v4_is_public(v4_at(a + 2));
    return !is_isatap(a) || v4_is_public(v4_at(a + 12));
}

bool address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_INET: memcpy(&v4, address, sizeof v4); return v4_is_public(ntohl(v4.sin_addr.s_addr));
    case AF_INET6: memcpy(&v6, address, sizeof v6); return v6_is_public(v6.sin6_addr.s6_addr);
    default: return false;
    }
}
