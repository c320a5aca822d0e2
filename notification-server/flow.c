#include "flow.h"

#define FAST (2 * FLOW_WINDOW_MS)

struct flow flow_new(int64_t now_ms)
{
    return (struct flow){.made_ms = now_ms, .began_ms = now_ms};
}

void flow_count(struct flow *flow, int64_t now_ms)
{
    if (now_ms - flow->began_ms >= FLOW_WINDOW_MS)
        *flow = (struct flow){.made_ms = flow->made_ms,
                              .began_ms = now_ms,
                              .fast = flow->n >= FAST && flow_is_fast(flow, now_ms)};
    flow->n++;
    if (flow->n >= FAST)
        flow->fast = true;
}

bool flow_is_fast(const struct flow *flow, int64_t now_ms)
{
    return (flow->fast && now_ms - flow->began_ms < 2 * FLOW_WINDOW_MS) ||
           now_ms - flow->made_ms < FLOW_NEW_MS;
}
