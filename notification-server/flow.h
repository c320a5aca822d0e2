/* Does much go through, just now? More than two in a millisecond, over the last few of them. Pure: the time is handed in. */
#ifndef CHATAPP_NOTIFICATION_FLOW_H
#define CHATAPP_NOTIFICATION_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define FLOW_WINDOW_MS 20

#define FLOW_NEW_MS 4 /* so long one that is new is taken for fast: nobody can know yet */

struct flow {
    int64_t made_ms;
    int64_t began_ms;
    int64_t n;
    bool fast;
};

struct flow flow_new(int64_t now_ms);
/* One went through. */
void flow_count(struct flow *flow, int64_t now_ms);
bool flow_is_fast(const struct flow *flow, int64_t now_ms);

#endif
