#include "store/presence_bell.h"

#include "store/keys.h"

enum err presence_bell_parse(str text, struct presence_bell *bell_out)
{
    struct presence_bell b = {0};
    str rest = text;
    str word;

    if (!str_split(&rest, ' ', &word) || word.n != 1)
        return ERR_INVALID;
    b.kind = (enum presence_bell_kind)word.p[0];
    bool good = false;
    switch (b.kind) {
    case PRESENCE_BELL_CONTACT:
        good = str_split(&rest, ' ', &b.user) && str_split(&rest, ' ', &b.peer) && b.user.n > 0 &&
               b.peer.n > 0;
        break;
    }
    if (!good || !str_is_none(rest))
        return ERR_INVALID;
    *bell_out = b;
    return OK;
}

void presence_bell_put(struct buf *out, const struct presence_bell *bell)
{
    switch (bell->kind) {
    case PRESENCE_BELL_CONTACT:
        buf_printf(out, "C %.*s %.*s", STR_ARG(bell->user), STR_ARG(bell->peer));
        break;
    }
}

void presence_ring(struct redis_command *c, str text)
{
    redis_command_init(c, "PUBLISH");
    redis_add(c, STR(CHANNEL_PRESENCE));
    redis_add(c, text);
}
