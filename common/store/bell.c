#include "store/bell.h"

static bool marker(str word, int64_t *value_out)
{
    *value_out = 0;
    return str_eq(word, STR("-")) || str_to_i64(word, value_out);
}

enum err bell_parse(str text, struct bell *bell_out)
{
    struct bell b = {0};
    str rest = text;
    str word;
    str last;

    if (!str_split(&rest, ' ', &word) || word.n != 1)
        return ERR_INVALID;
    b.kind = (enum bell_kind)word.p[0];
    bool good = false;
    switch (b.kind) {
    case BELL_LOG:
        good = str_split(&rest, ' ', &b.conversation) && rest.p != NULL;
        b.record = rest;
        break;
    case BELL_JOINED:
        good = str_split(&rest, ' ', &b.user) && str_split(&rest, ' ', &b.conversation) &&
               str_split(&rest, ' ', &last) && str_to_i64(last, &b.seq);
        break;
    case BELL_CHANGED: good = str_split(&rest, ' ', &b.conversation); break;
    case BELL_MARKER:
    case BELL_OWN_MARKER:
        good = str_split(&rest, ' ', &b.conversation) && str_split(&rest, ' ', &b.user) &&
               str_split(&rest, ' ', &word) && marker(word, &b.read) &&
               str_split(&rest, ' ', &last) && marker(last, &b.received);
        break;
    case BELL_TYPING:
        good = str_split(&rest, ' ', &b.conversation) && str_split(&rest, ' ', &b.user) &&
               str_split(&rest, ' ', &last) && (str_eq(last, STR("0")) || str_eq(last, STR("1")));
        b.active = good && last.p[0] == '1';
        break;
    }
    bool words_left = b.kind != BELL_LOG && !str_is_none(rest);
    if (!good || words_left)
        return ERR_INVALID;
    *bell_out = b;
    return OK;
}
