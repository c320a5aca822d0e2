/* One client of a swarm.
 *
 *     DOWN ──pause over──► CONNECTING ──ready──► UP ──connection lost──► DOWN
 *
 * It believes only what the protocol promises: what was not acked is sent again under the same
 * id; what came before the position that `ready` names, and after the last frame it has for
 * sure, is fetched with `history`. */
#ifndef CHATAPP_HARNESS_SWARM_CLIENT_H
#define CHATAPP_HARNESS_SWARM_CLIENT_H

#include "checker.h"
#include "user.h"
#include "ws_core.h"

#define SWARM_TALKS_MAX 16
#define SWARM_IN_FLIGHT 4

/* A conversation, as the client knows it. */
struct talk {
    char id[32];
    char to[33];      /* not "": written to by this name */
    bool writes;      /* sends there, does not only listen */
    int64_t complete; /* it has everything up to this seq */
    int64_t live;     /* the last frame on this connection */
    int64_t starts;   /* this connection has what is after; -1: not announced on it */
    bool caught_up;   /* what was missed before `starts` is there, too */
    bool asked;       /* a page of it is on the way */
    int64_t top;      /* the end of the history that was read back */
    int64_t highest;  /* seen or acked */
};

struct pending { /* a message without an ack */
    char id[32];
    size_t talk;
    int64_t again_at; /* when to send it again on this connection; 0: it is on the way */
};

struct swarm_client {
    struct user user;
    struct checker *checker;
    int device;
    int number;
    struct ws_core ws;
    enum { SWARM_DOWN, SWARM_CONNECTING, SWARM_UP } state;
    int connection; /* the checker's: live frames */
    int pages;      /* the checker's: pages of history count as a connection of their own */
    int attempts;   /* to connect, since the last `ready` */
    int server;
    int64_t next_at; /* to connect, or to send */
    struct talk talks[SWARM_TALKS_MAX];
    size_t talks_n;
    struct pending pending[SWARM_IN_FLIGHT];
    size_t pending_n;
    unsigned sent;
    size_t connects;
    size_t resends;
    size_t errors;
};

void swarm_client_init(struct swarm_client *c, struct user user, int number,
                       struct checker *checker);
void swarm_client_fini(struct swarm_client *c);
/* `to`: NULL, or the peer by whose name messages are addressed. */
void swarm_client_talks_in(struct swarm_client *c, const char *conversation, const char *to);
void swarm_client_hears_in(struct swarm_client *c, const char *conversation);

/* What it is time for: connecting, sending, asking. */
void swarm_client_act(struct swarm_client *c, int64_t now_ms, bool talking);
short swarm_client_events(const struct swarm_client *c);
void swarm_client_read(struct swarm_client *c, int64_t now_ms);

/* Connected, everything acked, everything missed fetched. */
bool swarm_client_settled(const struct swarm_client *c);
bool swarm_client_reaches_tops(const struct swarm_client *c);
/* For a message about one that does not settle. */
const char *swarm_client_show(const struct swarm_client *c);

#endif
