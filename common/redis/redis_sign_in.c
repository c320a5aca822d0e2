#include "redis/redis_sign_in.h"

size_t redis_sign_in(const struct redis_url *url, struct redis_command commands[REDIS_SIGN_IN_MAX])
{
    size_t n = 0;

    if (url->password[0] != '\0') {
        struct redis_command *auth = &commands[n++];
        redis_command_init(auth, "AUTH");
        if (url->user[0] != '\0')
            redis_add(auth, str_of(url->user));
        redis_add(auth, str_of(url->password));
    }
    if (url->db != 0) {
        struct redis_command *select = &commands[n++];
        redis_command_init(select, "SELECT");
        redis_add_int(select, url->db);
    }
    return n;
}
