#include "daemon/ops.h"

#include <stdatomic.h>

#include "daemon/daemon.h"
#include "daemon/metrics.h"
#include "daemon/service.h"

#define TEXT "text/plain; charset=utf-8"
#define PROMETHEUS_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define HTTP_OK 200
#define HTTP_UNAVAILABLE 503

/* Singleton, like the daemon that it speaks for. Set up before other threads start. */
static struct {
    ops_ready_fn *ready;
    void *context;
    atomic_bool draining;
} ops;

void ops_setup(ops_ready_fn *ready, void *context)
{
    ops.ready = ready;
    ops.context = context;
}

void ops_drain(void)
{
    atomic_store(&ops.draining, true);
    service_stopping();
}

bool ops_draining(void)
{
    return atomic_load(&ops.draining);
}

static void answer_healthz(struct ops_answer *answer)
{
    buf_add_str(&answer->body, STR("ok\n"));
}

static bool is_ready(struct buf *why)
{
    if (!ops_draining())
        return ops.ready == NULL || ops.ready(ops.context, why);
    buf_add_str(why, STR("draining"));
    return false;
}

bool ops_ready(void)
{
    struct buf why = {0};
    bool ready = is_ready(&why);

    buf_fini(&why);
    return ready;
}

static void answer_readyz(struct ops_answer *answer)
{
    struct buf *body = &answer->body;
    bool ready = is_ready(body);

    if (ready)
        buf_clear(body);
    else
        answer->status = HTTP_UNAVAILABLE;
    if (body->n == 0)
        buf_add_str(body, ready ? STR("ready") : STR("not ready"));
    buf_add_char(body, '\n');
}

static void answer_metrics(struct ops_answer *answer)
{
    answer->content_type = PROMETHEUS_TEXT;
    buf_printf(&answer->body,
               "# HELP chatapp_build_info Which program this is.\n# TYPE chatapp_build_info gauge\n"
               "chatapp_build_info{version=\"%s\"} 1\n"
               "# HELP chatapp_ready 1 when it can do its job now, as /readyz says.\n"
               "# TYPE chatapp_ready gauge\nchatapp_ready %d\n",
               CHATAPP_VERSION, ops_ready());
    metrics_render(&answer->body);
}

static const struct {
    str path;
    void (*answer)(struct ops_answer *answer);
} PATHS[] = {
    {{"/healthz", 8}, answer_healthz},
    {{"/readyz", 7}, answer_readyz},
    {{"/metrics", 8}, answer_metrics},
};

bool ops_answer(str path, struct ops_answer *answer_out)
{
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        if (!str_eq(path, PATHS[i].path) || (PATHS[i].answer == answer_metrics && !metrics_on))
            continue;
        *answer_out = (struct ops_answer){.status = HTTP_OK, .content_type = TEXT};
        PATHS[i].answer(answer_out);
        return true;
    }
    return false;
}
