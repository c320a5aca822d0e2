/* The command line of a bench program: `--name value`, from a table. An unknown flag, a bad value or --help ends
 * the program with the list. */
#ifndef CHATAPP_BENCH_OPTIONS_H
#define CHATAPP_BENCH_OPTIONS_H

#include <netinet/in.h>
#include <stddef.h>

#define ADDRESSES_MAX 8

struct option_row {
    const char *name; /* "--connections" */
    long *number;     /* one of these two */
    const char **text;
    const char *help;
};

/* `rows` ends with {0}. */
void options_read(int argc, char **argv, const struct option_row *rows);

/* "127.0.0.1:8081"; ends the program when it is none. Port 0 is for listening: any free one. */
struct sockaddr_in address_of(const char *text);

struct addresses {
    struct sockaddr_in list[ADDRESSES_MAX];
    size_t n;
};
/* Several, with commas between. */
struct addresses addresses_of(const char *text);

#endif
