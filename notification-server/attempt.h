/* One attempt to reach one device: let through its gate, looked at again, built, sent, judged, settled. */
#ifndef CHATAPP_NOTIFICATION_ATTEMPT_H
#define CHATAPP_NOTIFICATION_ATTEMPT_H

#include "channel.h"
#include "gates.h"
#include "settling.h"

struct task;
struct user_device;

enum attempt_state {
    ATTEMPT_NEW,
    ATTEMPT_AT_GATE,   /* waits there */
    ATTEMPT_UNDER_WAY, /* has a place there, until the answer */
    ATTEMPT_ENDED      /* it has an outcome */
};

struct attempt {
    struct gate_waiter waiter; /* first: the gate knows no more of it */
    struct task *task;
    enum attempt_state state;
    bool not_theirs;              /* the device belongs to somebody else by now */
    const struct user_device *to; /* of the task's devices */
    int64_t attempts;             /* with this one, once it is under way */
    struct gate *gate;
    int64_t began_us;
    struct attempt *next_for_token; /* tokens.h */
    uint64_t token_number;          /* which token it has used */
    /* the outcome */
    struct settling settling;
    const char *verdict; /* as struct notify_settlement has it */
    char error[CHANNEL_REASON_MAX];
    int64_t wait_ms;
    char *lane; /* owned */
};

void attempt_metrics_setup(void);
void attempt_init(struct attempt *attempt, struct task *task, const struct user_device *to,
                  int64_t attempts);
void attempt_fini(struct attempt *attempt);
/* Before it is started: to another place in memory, or the same. */
void attempt_move(struct attempt *to, struct attempt *from);
void attempt_start(struct attempt *attempt);
/* The token it waited for is there, or (NULL) cannot be had, for this reason: then it gives its place at the gate back. */
void attempt_go_on(struct attempt *attempt, str token, uint64_t number, const char *why);
/* Its gate lets it through. */
void attempt_send(struct attempt *attempt);
/* Back into its host's lane in Redis: there is no room here. */
void attempt_park(struct attempt *attempt);
/* Ends it with this outcome. */
void attempt_end(struct attempt *attempt, const char *verdict, const char *error);

#endif
