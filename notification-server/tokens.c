#include "tokens.h"

#include "attempt.h"
#include "base/check.h"
#include "base/clock.h"
#include "daemon/log.h"
#include "office_state.h"
#include "task.h"

#define AGAIN_MS 5000 /* after a failure */

static struct token_place *place_of(struct office *o, const struct channel *channel)
{
    struct tokens *all = &o->tokens;

    for (size_t i = 0; i < all->n; i++)
        if (all->places[i].channel == channel)
            return &all->places[i];
    CHECK(all->n < TOKENS_MAX);
    struct token_place *place = &all->places[all->n++];
    *place = (struct token_place){.office = o, .channel = channel, .why = "no token"};
    return place;
}

static bool is_good(const struct token_place *p)
{
    return p->token.text.n > 0 && clock_wall_ms() < p->token.renew_ms;
}

/* The old one will do when no new one can be had. */
static bool will_do(const struct token_place *p)
{
    return p->token.text.n > 0 && clock_wall_ms() < p->token.expires_ms;
}

static void go_on(struct token_place *p, struct attempt *a)
{
    attempt_go_on(a, will_do(p) ? buf_view(&p->token.text) : STR_NONE, p->number, p->why);
}

/* Each may end at once, and with the last of them its task. */
static void go_on_all(struct token_place *p)
{
    struct attempt *a = p->waiting;

    p->waiting = NULL;
    while (a != NULL) {
        struct attempt *next = a->next_for_token;
        go_on(p, a);
        a = next;
    }
}

static void use(struct token_place *p, struct channel_token *token)
{
    buf_fini(&p->token.text);
    p->token = *token;
    p->number++;
}

static void failed(struct token_place *p, const char *why)
{
    p->why = why;
    p->failed_until_ms = clock_mono_ms() + AGAIN_MS;
    log_warn("no token for a channel", F_Z("channel", p->channel->name), F_Z("why", why));
}

static void answered(void *context, const struct channel_response *response)
{
    struct token_place *p = context;
    struct channel_token token = {0};
    const char *why = "no token";

    p->asking = false;
    if (p->channel->token->read(response, &token, &why) == OK)
        use(p, &token);
    else
        failed(p, why);
    go_on_all(p);
    office_move(p->office);
}

/* A new one: made at once, or asked for. */
static void renew(struct token_place *p)
{
    struct courier *courier = p->office->courier;
    struct channel_request *ask = courier_request(courier);
    struct channel_token token = {0};
    const char *why = "no token";

    enum err err = p->channel->token->make(p->office->env, clock_wall_ms(), &token, ask, &why);
    if (err == OK && token.text.n == 0) {
        p->asking = true;
        courier_send(courier, ask, answered, p);
        return;
    }
    courier_drop(courier, ask);
    if (err == OK)
        use(p, &token);
    else
        failed(p, why);
}

void tokens_get(struct office *o, struct attempt *a)
{
    struct token_place *p = place_of(o, a->to->channel);

    if (!p->asking && !is_good(p) && clock_mono_ms() >= p->failed_until_ms)
        renew(p);
    if (!p->asking || will_do(p)) {
        go_on(p, a);
        return;
    }
    a->next_for_token = p->waiting;
    p->waiting = a;
}

void tokens_forget(struct office *o, const struct channel *channel, uint64_t number)
{
    struct token_place *p = place_of(o, channel);

    if (p->number != number)
        return;
    p->token.renew_ms = 0;
    p->token.expires_ms = 0;
}

void tokens_fini(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->n; i++)
        buf_fini(&tokens->places[i].token.text);
}
