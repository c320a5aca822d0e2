#include "options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "figures.h"

#define PORT_MAX 65535

_Noreturn static void usage(const char *program, const struct option_row *rows)
{
    (void)fprintf(stderr, "usage: %s [--name value]...\n", program);
    for (; rows->name; rows++) {
        if (rows->number)
            (void)fprintf(stderr, "  %-20s %s (%ld)\n", rows->name, rows->help, *rows->number);
        else
            (void)fprintf(stderr, "  %-20s %s (%s)\n", rows->name, rows->help,
                          *rows->text ? *rows->text : "none");
    }
    exit(EXIT_FAILURE);
}

static const struct option_row *find(const struct option_row *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

void options_read(int argc, char **argv, const struct option_row *rows)
{
    for (int i = 1; i < argc; i += 2) {
        const struct option_row *row = find(rows, argv[i]);
        int64_t number;
        if (row == NULL || i + 1 == argc)
            usage(argv[0], rows);
        if (row->text) {
            *row->text = argv[i + 1];
        } else {
            if (!str_to_i64(str_of(argv[i + 1]), &number) || number < 0)
                die("%s: not a number: %s", row->name, argv[i + 1]);
            *row->number = (long)number;
        }
    }
}

static struct sockaddr_in parse_address(str text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    str rest = text;
    str host;
    int64_t port;

    if (!str_split(&rest, ':', &host) || !str_to_i64(rest, &port) || port < 0 || port > PORT_MAX)
        die("not an address and port: %.*s", STR_ARG(text));
    char *host_text = str_dup(host);
    if (inet_pton(AF_INET, host_text, &address.sin_addr) != 1)
        die("not an IPv4 address: %s", host_text);
    free(host_text);
    address.sin_port = htons((uint16_t)port);
    return address;
}

struct sockaddr_in address_of(const char *text)
{
    return parse_address(str_of(text ? text : ""));
}

struct addresses addresses_of(const char *text)
{
    struct addresses addresses = {0};
    str rest = str_of(text ? text : "");
    str one;

    while (str_split(&rest, ',', &one)) {
        if (addresses.n == ADDRESSES_MAX)
            die("more than %d addresses: %s", ADDRESSES_MAX, text);
        addresses.list[addresses.n++] = parse_address(one);
    }
    return addresses;
}
