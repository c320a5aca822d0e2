/* What the servers of push services may answer: any status, headers and body, to every channel. The first two bytes choose
 * channel and status, a NUL ends the headers. */
#include "base/check.h"
#include "channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS 1790000000000
#define STATUSES 600
#define DAY_MS 86400000

static void read_token(const struct channel *channel, const struct channel_response *response)
{
    struct channel_token token = {0};
    const char *why = NULL;

    if (channel->token == NULL || channel->token->read == NULL)
        return;
    enum err err = channel->token->read(response, &token, &why);
    CHECK(err == OK || (why != NULL && token.text.n == 0));
    CHECK(err != OK || (token.text.n > 0 && token.renew_ms <= token.expires_ms));
    buf_fini(&token.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = 0;

    while (channel_at(n))
        n++;
    if (size < 2)
        return 0;
    const struct channel *channel = channel_at(data[0] % n);
    str rest = str_from((const char *)data + 2, size - 2);
    const char *end = rest.n > 0 ? memchr(rest.p, '\0', rest.n) : NULL;
    size_t head = end ? (size_t)(end - rest.p) : 0;
    const struct channel_response response = {
        .result = CHANNEL_ANSWERED,
        .status = data[1] * STATUSES / (UINT8_MAX + 1),
        .headers = str_from(rest.p, head),
        .body = str_skip(rest, head),
        .now_ms = NOW_MS,
    };
    struct channel_verdict verdict = channel->judge(&response);
    CHECK(verdict.retry_after_ms >= 0 && verdict.retry_after_ms <= DAY_MS);
    CHECK(verdict.outcome == CHANNEL_RETRY || verdict.retry_after_ms == 0);
    for (const char *c = verdict.reason; *c; c++)
        CHECK(*c >= ' ' && *c <= '~');
    read_token(channel, &response);
    return 0;
}
