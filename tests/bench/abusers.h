/* Clients that misbehave, in a process of their own. It gets what others leave of its core (SCHED_IDLE), so that it
 * disturbs the server, and not who measures beside it. */
#ifndef CHATAPP_BENCH_ABUSERS_H
#define CHATAPP_BENCH_ABUSERS_H

#include <netinet/in.h>
#include <sys/types.h>

#include "accounts.h"

#define ABUSERS_ACCOUNTS 8 /* that a kind may need: the members of one room */

struct abusers {
    struct sockaddr_in server;
    const struct account *accounts; /* ABUSERS_ACCOUNTS of them */
    struct conversation_id room;
};

/* `kind`: see abusers.c; any other ends the program, with the list. */
pid_t abusers_start(const char *kind, const struct abusers *abusers);
/* Ends them; a failure of theirs ends the program. */
void abusers_stop(pid_t pid);

#endif
