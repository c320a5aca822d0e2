/* Is an IP address one of the public internet? Whoever lets users say where notifications go would otherwise send
 * requests into its own network for them. Pure. From the IANA registries of special-purpose addresses (RFC 6890 and
 * what came later): only what is globally reachable unicast, and, of the ways to write an IPv4 address in IPv6
 * (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP), only what leads to such a one. */
#ifndef CHATAPP_NOTIFICATION_ADDRESS_H
#define CHATAPP_NOTIFICATION_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Of another family than IPv4 and IPv6: false. */
bool address_is_public(const struct sockaddr *address);

#endif
