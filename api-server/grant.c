#include "grant.h"

#include <sodium.h>

#include "base/clock.h"
#include "json/json_out.h"

struct new_session grant_session(const struct api *api, const struct refresh_token *token,
                                 str device, str block, struct grant_hashes *hashes)
{
    hashes->family = refresh_hash(&token->family);
    hashes->current = refresh_hash(&token->secret);
    hashes->place = place_of(username_view(&token->user), block);
    return (struct new_session){
        .id = str_of(token->session.text),
        .device = device,
        .family = str_of(hashes->family.text),
        .current = str_of(hashes->current.text),
        .ttl_ms = api->session_ttl_ms,
        .place = str_of(hashes->place.text),
    };
}

static void put_access_token(struct api *api, struct buf *out, const struct refresh_token *token)
{
    int64_t now_s = clock_wall_ms() / 1000;
    struct claims claims = {
        .user = token->user,
        .audience = TOKEN_AUDIENCE,
        .issued_s = now_s,
        .expires_s = now_s + api->settings.access_token_s,
    };
    struct buf text = {0};

    memcpy(claims.session, token->session.text, sizeof claims.session);
    api_keys_sign(api->keys, &claims, &text);
    json_put_str(out, "access_token", buf_view(&text));
    buf_fini(&text);
}

static void put_refresh_token(struct buf *out, const struct refresh_token *token)
{
    struct buf text = {0};

    refresh_token_write(token, &text);
    json_put_str(out, "refresh_token", buf_view(&text));
    buf_fini(&text);
}

void grant_answer(struct api *api, struct http_response *response, int status,
                  const struct refresh_token *token, const struct account *account)
{
    struct buf *b = &response->body;

    response->status = status;
    json_open(b, NULL, '{');
    if (account)
        account_json(b, "user", username_view(&token->user), account);
    put_access_token(api, b, token);
    put_refresh_token(b, token);
    json_put_str(b, "token_type", STR("Bearer"));
    json_put_int(b, "expires_in", api->settings.access_token_s);
    json_close(b, '}');
}
