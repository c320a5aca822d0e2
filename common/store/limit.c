#include "store/limit.h"

#include "store/keys.h"
#include "store/scripts.h"

void limit_take(struct redis_command *c, str who_key, int64_t per_minute, int64_t units)
{
    redis_command_script(c, &SCRIPT_limit);
    redis_add_key(c, KEY_LIMIT, who_key, KEY_PLAIN);
    redis_add_int(c, per_minute);
    redis_add_int(c, units);
}
