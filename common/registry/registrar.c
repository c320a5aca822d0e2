#include "registry/registrar.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/ops.h"
#include "daemon/rounds.h"
#include "redis/redis_pool.h"

#define RETRY_MS 200 /* how soon it is in once it is ready */

struct registrar {
    struct instance self;
    int64_t (*connections)(void *context);
    void *context;
    struct rounds *rounds;
    bool may_be_in;
};

static bool call(const struct redis_command *command)
{
    struct redisReply *reply;

    if (redis_call(command, &reply) != OK)
        return false;
    reply_free(reply);
    return true;
}

static bool put(struct registrar *r)
{
    struct redis_command c;
    struct buf record = {0};

    r->self.connections = r->connections(r->context);
    instance_encode(&r->self, &record);
    registry_put(&c, &r->self, buf_view(&record));
    r->may_be_in = true; /* also when the answer does not come */
    bool done = call(&c);
    buf_fini(&record);
    return done;
}

/* If that does not get through, the entry expires. */
static void take_out(struct registrar *r)
{
    struct redis_command c;

    if (!r->may_be_in)
        return;
    r->may_be_in = false;
    registry_remove(&c, &r->self);
    (void)call(&c);
}

static int64_t make_round(void *context)
{
    struct registrar *r = context;

    if (ops_ready())
        return put(r) ? REGISTRY_REFRESH_MS : RETRY_MS;
    take_out(r);
    return RETRY_MS;
}

struct registrar *registrar_start(const struct daemon_settings *settings, int port,
                                  int64_t (*connections)(void *context), void *context)
{
    struct registrar *r = mem_zalloc(sizeof *r);

    r->connections = connections;
    r->context = context;
    registry_describe_self(settings, port, &r->self);
    r->rounds = rounds_start(make_round, r);
    return r;
}

void registrar_stop(struct registrar **registrar)
{
    struct registrar *r = *registrar;

    *registrar = NULL;
    rounds_stop(&r->rounds);
    take_out(r);
    free(r);
}
