#include "refresh_token.h"

#include <sodium.h>

struct refresh_token refresh_token_new(const struct username *user)
{
    return (struct refresh_token){
        .session = id_new(), .family = id_new(), .secret = id_new(), .user = *user};
}

struct refresh_token refresh_token_next(const struct refresh_token *token)
{
    struct refresh_token next = *token;

    next.secret = id_new();
    return next;
}

void refresh_token_write(const struct refresh_token *token, struct buf *out)
{
    buf_printf(out, "%s.%s.%s.%s", token->session.text, token->family.text, token->secret.text,
               token->user.text);
}

static bool take_id(str *rest, struct id *id_out)
{
    str part;

    if (!str_split(rest, '.', &part) || !id_is_valid(part))
        return false;
    memcpy(id_out->text, part.p, part.n);
    id_out->text[part.n] = '\0';
    return true;
}

enum err refresh_token_parse(str text, struct refresh_token *token_out)
{
    struct refresh_token token;
    str rest = text;

    if (!take_id(&rest, &token.session) || !take_id(&rest, &token.family) ||
        !take_id(&rest, &token.secret) || username_parse(rest, &token.user) != OK ||
        !str_eq(username_view(&token.user), rest))
        return ERR_INVALID;
    *token_out = token;
    return OK;
}

struct refresh_hash refresh_hash(const struct id *secret)
{
    unsigned char hash[crypto_generichash_BYTES];
    struct refresh_hash hex;

    _Static_assert(sizeof hash * 2 == REFRESH_HASH_LEN, "two hex digits a byte");
    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)secret->text, ID_LEN, NULL,
                             0);
    (void)sodium_bin2hex(hex.text, sizeof hex.text, hash, sizeof hash);
    return hex;
}
