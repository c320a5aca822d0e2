/* Accounts and rooms for the benches, made over the api-server's HTTP interface, one request at a time on one
 * connection. Anything but the expected answer ends the program. */
#ifndef CHATAPP_BENCH_ACCOUNTS_H
#define CHATAPP_BENCH_ACCOUNTS_H

#include "base/ids.h"
#include "base/username.h"

#define ACCOUNT_PASSWORD "correct horse battery staple 9"

struct account {
    char name[USERNAME_MAX + 1];
    char *token; /* access token, 15 minutes */
};

struct accounts;

/* Signs `n` accounts up, with names nobody has. */
struct accounts *accounts_new(const char *api_url, size_t n);
void accounts_free(struct accounts *accounts);
const struct account *account_at(const struct accounts *accounts, size_t i);
/* A room of the accounts first … first+n-1, the first one its owner. */
struct conversation_id accounts_make_room(struct accounts *accounts, size_t first, size_t n);

#endif
