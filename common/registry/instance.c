#include "registry/instance.h"

#include <stdio.h>

#include "json/json_in.h"
#include "json/json_out.h"

void instance_encode(const struct instance *instance, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "id", str_of(instance->id));
    json_put_str(out, "kind", str_of(instance->kind));
    json_put_str(out, "url", str_of(instance->url));
    json_put_str(out, "version", str_of(instance->version));
    json_put_int(out, "connections", instance->connections);
    json_put_int(out, "lag_ms", instance->lag_ms);
    if (instance->connections_max > 0)
        json_put_int(out, "connections_max", instance->connections_max);
    json_close(out, '}');
}

static void take(struct json_in *in, const char *key, char *to, size_t size)
{
    str text = json_in_str(in, key, 1, size - 1);

    if (!str_is_none(text))
        (void)snprintf(to, size, "%.*s", STR_ARG(text));
}

enum err instance_decode(str record, struct instance *instance_out)
{
    struct instance instance = {0};
    struct json_in in;

    if (json_in_open(record, &in) != OK)
        return ERR_INVALID;
    take(&in, "id", instance.id, sizeof instance.id);
    take(&in, "kind", instance.kind, sizeof instance.kind);
    take(&in, "url", instance.url, sizeof instance.url);
    take(&in, "version", instance.version, sizeof instance.version);
    instance.connections = json_in_int(&in, "connections", 0, INT32_MAX);
    instance.lag_ms = json_in_int(&in, "lag_ms", 0, INT32_MAX);
    if (json_in_has(&in, "connections_max"))
        instance.connections_max = json_in_int(&in, "connections_max", 0, INT32_MAX);
    bool good = !json_in_bad(&in) && id_is_valid(str_of(instance.id));
    json_in_close(&in);
    if (!good)
        return ERR_INVALID;
    *instance_out = instance;
    return OK;
}
