/* One client of a swarm: a device of a user's.
 *
 *     DOWN ──pause over──► CONNECTING ──ready──► UP ──connection lost──► DOWN
 *
 * It believes only what the protocol promises: what was not acked is sent again under the same id;
 * what it missed is asked for with `sync` or `history`, in turns. swarm_client.c connects,
 * swarm_hear.c hears, swarm_speak.c speaks, swarm_ask.c asks, swarm_catch_up.c catches up. */
#ifndef CHATAPP_HARNESS_SWARM_CLIENT_H
#define CHATAPP_HARNESS_SWARM_CLIENT_H

#include "checker.h"
#include "swarm_http.h"
#include "user.h"
#include "ws_core.h"

#define SWARM_TALKS_MAX 64
#define SWARM_IN_FLIGHT 4
#define SWARM_ID_MAX 32

struct swarm_counts {
    size_t connects; /* handshakes that ended in `ready` */
    size_t resends;
    size_t errors;         /* frames `error` that came */
    size_t reuses;         /* of ids with other content, found out */
    size_t syncs;          /* answered */
    size_t syncs_in_order; /* … that were sent before `ready` */
    size_t pages;          /* of history, asked for at random */
    size_t refusals;       /* where the client is no member */
    size_t lists;          /* over HTTP */
};

/* What all clients share. */
struct swarm_world {
    struct stack *stack;
    struct checker *checker;
    struct swarm_http *http;
    struct swarm_counts counts;
    char epoch[64];
    const char *foreign; /* a conversation that no client is in */
};

/* A conversation, as the client knows it. */
struct talk {
    char id[SWARM_ID_MAX];
    char to[33];                /* not "": written to by this name */
    bool writes;                /* sends there, does not only listen */
    bool comes_and_goes;        /* its user is added and removed */
    int64_t complete;           /* it has everything up to this seq */
    int64_t live;               /* the last frame on this connection */
    int64_t starts;             /* this connection has what is after; -1: not announced on it */
    bool in_ready;              /* by the `ready` frame */
    bool caught_up;             /* what was missed before `starts` is there, too */
    bool asked;                 /* a page of it is on the way … */
    int64_t asked_after;        /* … of what is after this seq */
    int64_t asked_at;           /* the checker's moment */
    int64_t sync_from;          /* position in the sync under way; -1: it is not in it */
    int64_t highest;            /* seen or acked */
    int64_t farewell;           /* the seq of the last message of all */
    size_t readers;             /* receipts that came for that */
    char last_id[SWARM_ID_MAX]; /* of a message of this client that was acked, may be "" */
};

struct pending { /* a message without an ack */
    char id[SWARM_ID_MAX];
    size_t talk;
    char *frame;
    uint32_t content;
    bool forged;      /* the id was used before, for something else */
    int64_t again_at; /* when to send it again on this connection; 0: it is on the way */
};

struct swarm_client {
    struct swarm_world *world;
    struct user user;
    bool is_first; /* of its user's devices */
    int device;
    int number;
    struct ws_core ws;
    enum { SWARM_DOWN, SWARM_CONNECTING, SWARM_UP } state;
    int connection;    /* the checker's: what comes by itself */
    int pages;         /* the checker's: pages of history */
    int64_t opened_at; /* the checker's moment */
    int64_t opened_ms;
    int attempts; /* to connect, since the last `ready` */
    int server;
    unsigned turn;       /* which way to catch up is next */
    int64_t next_at;     /* to connect, or to do something */
    int64_t dozes_until; /* does not read */
    int64_t ask_at;      /* for pages, not before */
    struct talk talks[SWARM_TALKS_MAX];
    size_t talks_n;
    struct pending pending[SWARM_IN_FLIGHT];
    size_t pending_n;
    unsigned sent;
    struct {
        bool wanted;
        bool open;
        bool in_order;
        bool honest;
        bool strange;  /* asks for foreign conversations, too */
        int64_t at_ms; /* not before */
    } sync;
    struct { /* asked for at random */
        bool open;
        size_t talk;
        int64_t after; /* -1: from the end */
        int64_t asked_at;
    } page;
    bool lists; /* an HTTP request is under way */
};

void swarm_client_init(struct swarm_client *c, struct swarm_world *world, struct user user,
                       int number);
void swarm_client_fini(struct swarm_client *c);
struct talk *swarm_client_talk(struct swarm_client *c, const char *conversation);
/* `to`: NULL, or the peer by whose name messages are addressed. */
void swarm_client_talks_in(struct swarm_client *c, const char *conversation, const char *to);
/* A conversation of the client's: added when it is news. */
struct talk *swarm_client_hears_in(struct swarm_client *c, const char *conversation);

/* What it is time for: connecting, sending, asking. */
void swarm_client_act(struct swarm_client *c, int64_t now_ms, bool talking);
short swarm_client_events(const struct swarm_client *c);
void swarm_client_read(struct swarm_client *c, int64_t now_ms);

/* Connected, everything acked, everything missed fetched. */
bool swarm_client_settled(const struct swarm_client *c);
/* For a message about one that does not settle. */
const char *swarm_client_show(const struct swarm_client *c);

/* --- between the client's files ---------------------------------------------------------------- */

void swarm_client_send(struct swarm_client *c, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* fmt_json() */
void swarm_client_go_down(struct swarm_client *c, int64_t now_ms);
/* Nothing more of it comes on this connection, as far as the client knows. */
void swarm_client_stops_hearing(struct talk *t);
int64_t swarm_jitter(int64_t ms); /* half to one and a half of it */

/* swarm_hear.c */
void swarm_hear(struct swarm_client *c, str frame, int64_t now_ms);
/* A record of a conversation's sequence came. */
void swarm_saw(struct swarm_client *c, int connection, const json_t *record);
/* And stands in the history that its user gets over HTTP. */
void swarm_read_back_one(struct swarm_client *c, const json_t *record);

/* swarm_speak.c */
void swarm_speak(struct swarm_client *c, int64_t now_ms); /* something at random */
/* A message without further ado; returns its id. */
const char *swarm_say(struct swarm_client *c, struct talk *t);
void swarm_read_up_to(struct swarm_client *c, const struct talk *t, int64_t seq);
void swarm_send_again(struct swarm_client *c, int64_t now_ms);
void swarm_on_ack(struct swarm_client *c, const json_t *frame);
/* The error was about a message. */
bool swarm_on_refusal(struct swarm_client *c, const json_t *frame, int64_t now_ms);
uint32_t swarm_content(const json_t *record);

/* swarm_ask.c */
void swarm_ask_for_page(struct swarm_client *c, struct talk *t, int64_t now_ms);
void swarm_ask_over_http(struct swarm_client *c, struct talk *t, int64_t now_ms);
void swarm_trespass(struct swarm_client *c, struct talk *t, int64_t now_ms);
void swarm_on_page(struct swarm_client *c, const json_t *frame);
/* A page of records for the checker, which was asked for then; `after` -1: from its end. */
void swarm_tell_page(struct swarm_client *c, const char *conversation, const json_t *page,
                     int64_t after, int64_t asked_at);

/* swarm_catch_up.c */
void swarm_plan_catching_up(struct swarm_client *c, int64_t now_ms);
bool swarm_signs_in_by_frame(const struct swarm_client *c);
void swarm_sync(struct swarm_client *c); /* before `ready`, when that is the plan */
void swarm_catch_up(struct swarm_client *c, int64_t now_ms);
void swarm_sync_late(struct swarm_client *c, struct talk *t);
void swarm_on_synced(struct swarm_client *c, const json_t *frame, int64_t now_ms);
void swarm_on_history(struct swarm_client *c, const json_t *frame);
/* The error was about a sync or a page. */
bool swarm_on_failure(struct swarm_client *c, const json_t *frame, int64_t now_ms);

#endif
