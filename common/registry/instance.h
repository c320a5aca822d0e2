/* A running server as the registry knows it, and its record there, which is JSON. Pure. */
#ifndef CHATAPP_REGISTRY_INSTANCE_H
#define CHATAPP_REGISTRY_INSTANCE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ids.h"

#define INSTANCE_URL_MAX 255
#define INSTANCE_KIND_MAX 31
#define INSTANCE_VERSION_MAX 31

struct instance {
    char id[ID_LEN + 1]; /* new at each start; a worker has its own */
    char kind[INSTANCE_KIND_MAX + 1];
    char url[INSTANCE_URL_MAX + 1]; /* that of all workers of one daemon */
    char version[INSTANCE_VERSION_MAX + 1];
    int64_t connections;
    int64_t connections_max; /* so many it takes; 0: any number, or it does not say */
    int64_t lag_ms;          /* by which its event loop is late */
};

void instance_encode(const struct instance *instance, struct buf *out);
/* ERR_INVALID: no such record, or one that breaks a rule; *instance_out is then untouched. Members that we do not know
 * are skipped: a newer server may write more. */
MUST_USE enum err instance_decode(str record, struct instance *instance_out);

#endif
