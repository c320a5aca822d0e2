#include "friends.h"

#include "figures.h"
#include "store/keys.h"

#define AT_ONCE 14 /* in one command */

static void add_some(struct pipeline *redis, const struct accounts *accounts, size_t account,
                     const size_t *list, size_t n)
{
    struct redis_command c;

    redis_command_init(&c, "HSET");
    redis_add_key(&c, KEY_USER, str_of(account_at(accounts, account)->name), KEY_CONTACTS);
    for (size_t i = 0; i < n; i++) {
        redis_add(&c, str_of(account_at(accounts, list[i])->name));
        redis_add(&c, STR("3"));
    }
    pipeline_give(redis, &c);
    pipeline_flush(redis);
    freeReplyObject(pipeline_take(redis));
}

void friends_add(struct pipeline *redis, const struct accounts *accounts, size_t account,
                 const size_t *list, size_t n)
{
    for (size_t i = 0; i < n; i += AT_ONCE)
        add_some(redis, accounts, account, list + i, n - i < AT_ONCE ? n - i : AT_ONCE);
}

/* Moves *rest behind the text; false when it is not there. */
static bool skip_past(str *rest, str text)
{
    const char *at = memmem(rest->p, rest->n, text.p, text.n);

    if (at != NULL)
        *rest = str_skip(*rest, (size_t)(at - rest->p) + text.n);
    return at != NULL;
}

/* The value of a member that comes just here. */
static bool value_here(str *rest, str member, str *value_out)
{
    if (!str_starts(*rest, member))
        return false;
    *rest = str_skip(*rest, member.n);
    return str_split(rest, '"', value_out);
}

/* "bRUN-NUMBER" */
static size_t number_of(str name)
{
    str run;
    int64_t number;

    if (!str_split(&name, '-', &run) || !str_to_i64(name, &number))
        die("presence of somebody unknown: %.*s", STR_ARG(run));
    return (size_t)number;
}

bool sight_next(str *rest, struct sight *sight_out)
{
    str name;
    str status;

    while (skip_past(rest, STR("\"user\":\"")) && str_split(rest, '"', &name)) {
        if (!value_here(rest, STR(",\"status\":\""), &status))
            continue; /* whose `ready` it is */
        sight_out->account = number_of(name);
        sight_out->online = !str_eq(status, STR("offline"));
        if (!value_here(rest, STR(",\"text\":\""), &sight_out->text))
            sight_out->text = STR("");
        return true;
    }
    return false;
}
