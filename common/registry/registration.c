#include "registry/registration.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/ops.h"

#define TICK_MS 100 /* how soon it is in once it is ready, and out when it is not */

struct registration {
    struct redis_client *redis;
    struct instance self;
    registration_load_fn *load;
    void *context;
    uv_timer_t timer;
    uint64_t put_ms; /* when last; by the loop's clock */
    bool is_in;      /* as far as we know */
    bool has_left;
};

static void put(struct registration *r)
{
    struct redis_command c;
    struct buf record = {0};

    r->load(r->context, &r->self);
    instance_encode(&r->self, &record);
    registry_put(&c, &r->self, buf_view(&record));
    r->is_in = redis_send(r->redis, &c, NULL, NULL) == OK; /* else in the next tick */
    r->put_ms = uv_now(r->timer.loop);
    buf_fini(&record);
}

/* If that gets lost, the entry expires. */
static void take_out(struct registration *r)
{
    struct redis_command c;

    if (!r->is_in)
        return;
    r->is_in = false;
    registry_remove(&c, &r->self);
    (void)!redis_send(r->redis, &c, NULL, NULL);
}

static void tick(uv_timer_t *timer)
{
    struct registration *r = timer->data;

    if (r->has_left)
        return;
    if (!ops_ready())
        take_out(r);
    else if (!r->is_in || uv_now(timer->loop) - r->put_ms >= REGISTRY_REFRESH_MS)
        put(r);
}

struct registration *registration_open(uv_loop_t *loop, struct redis_client *redis,
                                       const struct instance *self, registration_load_fn *load,
                                       void *context)
{
    struct registration *r = mem_zalloc(sizeof *r);

    r->redis = redis;
    r->self = *self;
    r->load = load;
    r->context = context;
    (void)uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    (void)uv_timer_start(&r->timer, tick, 0, TICK_MS);
    return r;
}

void registration_leave(struct registration *r)
{
    r->has_left = true;
    take_out(r);
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void registration_close(struct registration **registration)
{
    struct registration *r = *registration;

    *registration = NULL;
    registration_leave(r);
    uv_close((uv_handle_t *)&r->timer, closed);
}
