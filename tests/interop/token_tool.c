/* Our tokens on a pipe, for tests against other implementations.
 *
 *     token_tool make USER AUDIENCE LIFETIME_S
 *         prints a JWK Set and a token made with its key, a line each
 *     token_tool open AUDIENCE
 *         reads the same two lines; prints "ok USER" or err_name() */
#include <stdio.h>
#include <stdlib.h>

#include "auth/token.h"
#include "base/clock.h"

#define MS_PER_S 1000
#define INPUT_MAX 65536

static int usage(void)
{
    (void)fputs("usage: token_tool make USER AUDIENCE LIFETIME_S | token_tool open AUDIENCE\n",
                stderr);
    return 2;
}

static int make(const char *user, const char *audience, const char *lifetime)
{
    struct signing_key key;
    struct claims claims = {.issued_s = clock_wall_ms() / MS_PER_S};
    struct id session = id_new();
    struct buf out = {0};
    int64_t lifetime_s;

    if (username_parse(str_of(user), &claims.user) != OK ||
        strlen(audience) >= sizeof claims.audience || audience[0] == '\0' ||
        !str_to_i64(str_of(lifetime), &lifetime_s))
        return usage();
    (void)snprintf(claims.audience, sizeof claims.audience, "%s", audience);
    memcpy(claims.session, session.text, sizeof claims.session);
    claims.expires_s = claims.issued_s + lifetime_s;
    signing_key_new(&key);
    keyset_to_jwks(&(struct keyset){.n = 1, .keys = {key.verify}}, &out);
    buf_add_char(&out, '\n');
    token_make(&key, &claims, &out);
    (void)puts(buf_cstr(&out));
    buf_fini(&out);
    return 0;
}

static enum err open_lines(str input, str audience, struct claims *claims_out)
{
    struct keyset keys;
    str jwks;
    str token;

    if (!str_split(&input, '\n', &jwks) || !str_split(&input, '\n', &token))
        return ERR_INVALID;
    if (keyset_from_jwks(jwks, &keys) != OK)
        return ERR_INVALID;
    return token_open(&keys, token, audience, clock_wall_ms(), claims_out);
}

static int open_token(const char *audience)
{
    static char input[INPUT_MAX];
    struct claims claims;
    size_t n = fread(input, 1, sizeof input, stdin);

    enum err err = open_lines(str_from(input, n), str_of(audience), &claims);
    if (err == OK)
        (void)printf("ok %s\n", claims.user.text);
    else
        (void)puts(err_name(err));
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 5 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argv[3], argv[4]);
    if (argc == 3 && strcmp(argv[1], "open") == 0)
        return open_token(argv[2]);
    return usage();
}
