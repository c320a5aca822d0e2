#include "base/username.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

enum err username_parse(str raw, struct username *name_out)
{
    struct username name = {0};

    if (raw.n < USERNAME_MIN || raw.n > USERNAME_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool inner = i > 0 && (c == '.' || c == '_' || c == '-');
        if (!is_alnum(c) && !inner)
            return ERR_INVALID;
        name.text[i] = c;
    }
    *name_out = name;
    return OK;
}

bool username_is_kept(str text)
{
    struct username name;
    return username_parse(text, &name) == OK && str_eq(username_view(&name), text);
}
