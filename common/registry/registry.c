#include "registry/registry.h"

#include <stdio.h>

#include "daemon/advertise.h"
#include "store/keys.h"
#include "store/scripts.h"

#define ADDRESS_MAX 64

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from);
}

void registry_describe_self(const struct daemon_settings *settings, int port,
                            struct instance *self_out)
{
    const struct daemon_program *program = settings->program;
    struct id id = id_new();
    struct buf url = {0};
    char address[ADDRESS_MAX];

    *self_out = (struct instance){0};
    copy(self_out->id, sizeof self_out->id, id.text);
    copy(self_out->kind, sizeof self_out->kind, program->kind);
    copy(self_out->version, sizeof self_out->version, CHATAPP_VERSION);
    advertise_address(settings->listen, address, sizeof address);
    advertise_url(str_of(settings->advertise_url), program->scheme, address, port, program->path,
                  &url);
    copy(self_out->url, sizeof self_out->url, buf_cstr(&url));
    buf_fini(&url);
}

static void add_keys(struct redis_command *c, const char *kind)
{
    redis_add_key(c, KEY_SERVERS, str_of(kind), KEY_PLAIN);
    redis_add_key(c, KEY_SERVERS, str_of(kind), KEY_ABOUT);
}

void registry_put(struct redis_command *c, const struct instance *self, str record)
{
    redis_command_script(c, &SCRIPT_server_put);
    add_keys(c, self->kind);
    redis_add(c, str_of(self->id));
    redis_add(c, record);
    redis_add_int(c, REGISTRY_TTL_MS);
}

void registry_remove(struct redis_command *c, const struct instance *self)
{
    redis_command_script(c, &SCRIPT_server_remove);
    add_keys(c, self->kind);
    redis_add(c, str_of(self->id));
}

void registry_list(struct redis_command *c, const char *kind)
{
    redis_command_script(c, &SCRIPT_server_list);
    add_keys(c, kind);
    redis_add_int(c, REGISTRY_TTL_MS);
}
