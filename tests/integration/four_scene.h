/* What the stories of all four daemons share: one of each on one Redis, in *state. */
#ifndef CHATAPP_INTEGRATION_FOUR_SCENE_H
#define CHATAPP_INTEGRATION_FOUR_SCENE_H

#include "story.h"

enum { API, CHAT, NOTIFICATION, PRESENCE, FOUR };

static const char *const DAEMONS[FOUR] = {"api-server", "chat-server", "notification-server",
                                          "presence-server"};

struct four {
    struct stack *stack; /* the Redis, and an api-server more, for its users */
    struct daemon d[FOUR];
};

static inline int four_start(void **state)
{
    static struct four f;

    f.stack = stack_start((struct stack_options){0});
    for (int i = 0; i < FOUR; i++) {
        daemon_init(&f.d[i], DAEMONS[i], fmt("%s-4", DAEMONS[i]), &f.stack->dir, f.stack->redis.url,
                    NULL);
        daemon_up(&f.d[i]);
    }
    *state = &f;
    return 0;
}

/* A program's main(), as STORY() is with a stack. */
static inline void all_four_end_with_0(void **state)
{
    struct four *f = *state;

    for (int i = 0; i < FOUR; i++) {
        assert_int_equal(daemon_terminate(&f->d[i]), 0);
        daemon_fini(&f->d[i]);
    }
    stack_stop(f->stack);
}
#define STORY_OF_FOUR(...)                                                                         \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__, CASE(all_four_end_with_0)};                \
        return cmocka_run_group_tests(tests, four_start, NULL);                                    \
    }

#endif
