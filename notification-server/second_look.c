#include "second_look.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/metrics.h"
#include "redis/redis_async.h"
#include "store/contact.h"

#define REASON(reason)                                                                             \
    {                                                                                              \
        .name = "chatapp_push_suppressed_total", .labels = "reason=\"" reason "\"",                \
        .help = "Notifications from messages that were not sent after all, by reason",             \
        .kind = METRIC_COUNTER,                                                                    \
    }

static struct {
    const char *word;
    struct metric count;
} reasons[] = {
    {"left", REASON("left")},   {"read", REASON("read")},       {"received", REASON("received")},
    {"muted", REASON("muted")}, {"blocked", REASON("blocked")},
};
#define N_REASONS (sizeof reasons / sizeof reasons[0])
#define BLOCKED "blocked"

void second_look_metrics_setup(void)
{
    for (size_t i = 0; i < N_REASONS; i++)
        metric_register(&reasons[i].count);
}

/* Two questions, as the conversation and the user are in two slots. */
struct question {
    second_look_fn *done;
    void *context;
    size_t waiting;
    enum second_look what;
    const char *reason;
};

static void refuse(struct question *q, str word)
{
    for (size_t i = 0; i < N_REASONS; i++)
        if (str_eq(word, str_of(reasons[i].word))) {
            q->what = NOT_WANTED;
            q->reason = reasons[i].word;
        }
}

static void count(const struct question *q)
{
    for (size_t i = 0; i < N_REASONS; i++)
        if (q->what == NOT_WANTED && q->reason == reasons[i].word)
            metric_add(&reasons[i].count, 1);
}

static void answered(struct question *q, const struct redisReply *reply)
{
    if (reply == NULL && q->what == STILL_WANTED)
        q->what = NOT_KNOWN;
    if (--q->waiting > 0)
        return;
    count(q);
    if (q->done != NULL)
        q->done(q->context, q->what, q->reason);
    free(q);
}

static void conversation_told(void *context, const struct redisReply *reply)
{
    refuse(context, reply_str(reply));
    answered(context, reply);
}

static void contact_told(void *context, const struct redisReply *reply)
{
    struct question *q = context;

    if (q->what != NOT_WANTED && contact_mask_read(reply) & (CONTACT_BLOCKS | CONTACT_BLOCKS_ME))
        refuse(q, STR(BLOCKED));
    answered(q, reply);
}

enum err second_look(struct redis_client *redis, str user, const struct push_origin *origin,
                     second_look_fn *done, void *context)
{
    struct question *q = mem_zalloc(sizeof *q);
    struct redis_command c;

    *q = (struct question){.done = done, .context = context, .waiting = 1};
    look_again(&c, origin->conversation, user, origin->seq);
    if (redis_send(redis, &c, conversation_told, q) != OK) {
        free(q);
        return ERR_UNAVAILABLE;
    }
    contact_mask(&c, user, origin->sender);
    if (redis_send(redis, &c, contact_told, q) != OK) {
        q->done = NULL; /* for the one that is on its way */
        return ERR_UNAVAILABLE;
    }
    q->waiting++;
    return OK;
}
