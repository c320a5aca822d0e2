#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "authenticate.h"
#include "base/clock.h"
#include "redis/redis_pool.h"

#define SESSION "abcdefghijklmnopqrstuvwx"

static struct api api;
static char folder[64];
static char path[128];

static int setup(void **state)
{
    struct redis_url url;
    struct redis_pool_options options = {.connections_max = 1, .timeout_ms = 100};
    struct buf why = {0};
    const char *reason;

    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_authenticate.XXXXXX");
    if (sodium_init() < 0 || mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/signing-key", folder);
    if (api_keys_open(path, &api.keys, &why) != OK ||
        redis_url_parse(STR("unix:///nowhere"), &url, &reason) != OK)
        return -1;
    redis_pool_open(&url, &options);
    api.tokens = token_cache_new();
    api.accounts = account_cache_new(16);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    account_cache_free(&api.accounts);
    token_cache_free(&api.tokens);
    api_keys_free(&api.keys);
    redis_pool_close();
    (void)unlink(path);
    return rmdir(folder);
}

/* However its header is spelled, and however long that is. */
static void a_genuine_token_is_remembered_by_its_own_bytes(void **state)
{
    int64_t now_s = clock_wall_ms() / 1000;
    struct claims claims = {.user = {"alice"},
                            .session = SESSION,
                            .audience = TOKEN_AUDIENCE,
                            .issued_s = now_s,
                            .expires_s = now_s + 900};
    struct http_request request = {.app = &api, .authorizations = 1};
    struct http_response response;
    struct claims got;
    uint64_t generation;
    struct buf token = {0};
    struct buf header = {0};

    (void)state;
    api_keys_sign(api.keys, &claims, &token);
    buf_add_str(&header, STR("bearer"));
    for (int i = 0; i < 3000; i++)
        buf_add_char(&header, ' ');
    buf_add_str(&header, buf_view(&token));
    request.authorization = buf_view(&header);
    http_response_init(&response);
    assert_false(
        authenticate(&request, &response)); /* there is no Redis to ask about the session */
    assert_int_equal(response.status, 503);
    http_response_fini(&response);
    assert_true(token_cache_find(api.tokens, buf_view(&token), now_s * 1000, &got, &generation));
    assert_false(token_cache_find(api.tokens, buf_view(&header), now_s * 1000, &got, &generation));
    buf_fini(&token);
    buf_fini(&header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_genuine_token_is_remembered_by_its_own_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
