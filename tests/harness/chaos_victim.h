/* One to whom bad things happen: a chat-server, the api-server or Redis.
 *
 *     UP ──kill -9──► DOWN ──a while──► STARTING ──answers──► UP
 *      ├──SIGTERM──► DRAINING ──ended──► DOWN
 *      └──SIGSTOP──► STOPPED ──SIGCONT──► UP
 */
#ifndef CHATAPP_HARNESS_CHAOS_VICTIM_H
#define CHATAPP_HARNESS_CHAOS_VICTIM_H

#include "chaos.h"

#define VICTIM_WORKERS_MAX 16
#define ORPHANS_MAX 64

/* What all share: chance, and the record of what was done. */
struct mishaps {
    struct chaos_options options;
    struct checker *checker;
    struct buf log;
    pid_t orphans[ORPHANS_MAX]; /* workers whose parent was killed */
    size_t orphans_n;
};

int mishaps_chance(struct mishaps *m, int below);
__attribute__((format(printf, 2, 3))) void mishaps_note(struct mishaps *m, const char *format, ...);

struct victim {
    struct mishaps *mishaps;
    const char *name;
    struct daemon *daemon;      /* NULL: it is Redis */
    struct redis_server *redis; /* NULL: it is a daemon */
    struct redis_proxy *proxy;  /* a daemon's */
    enum { VICTIM_UP, VICTIM_DOWN, VICTIM_STARTING, VICTIM_STOPPED, VICTIM_DRAINING } state;
    int64_t until_ms;
    pid_t stopped[VICTIM_WORKERS_MAX + 1];
    size_t stopped_n;
};

/* Each asks for one that is UP. */
void victim_kill(struct victim *v);
void victim_stop(struct victim *v); /* with all its workers */
void victim_end(struct victim *v);  /* SIGTERM */
/* False: it has none just now. */
bool victim_kill_worker(struct victim *v);
bool victim_stop_worker(struct victim *v);
bool victim_has_workers(const struct victim *v);

/* What it is time for. A failed test when it has ended by itself, or does not end. */
void victim_go_on(struct victim *v);

#endif
