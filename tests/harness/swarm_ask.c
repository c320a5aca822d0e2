/* What a client of a swarm asks for at random: pages of history, its list, and what is not its own. */
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "match.h"
#include "swarm_client.h"

enum { FROM_END = -1, BEFORE = -2 }; /* in place of the seq after which a page begins */

/* --- pages ------------------------------------------------------------------------------------- */

/* `,"before":7` or `&before=7`, say, by what stands around the word. */
static const char *page_query(int64_t after, int64_t highest, const char *ahead, const char *behind)
{
    if (after == FROM_END)
        return "";
    bool before = after == BEFORE;
    return fmt("%s%s%s%lld", ahead, before ? "before" : "after", behind,
               before ? 1 + rand() % (long long)(highest + 1) : (long long)after);
}

static int64_t some_place(const struct talk *t)
{
    switch (rand() % 3) {
    case 0: return FROM_END;
    case 1: return BEFORE;
    default: return rand() % (int)(t->highest + 1);
    }
}

void swarm_tell_page(struct swarm_client *c, const char *conversation, const json_t *page,
                     int64_t after, int64_t asked_at)
{
    const json_t *list = ITEM_OF(page, "messages");
    json_t *record = json_array_get(list, 0);
    int64_t last = after < 0 ? (record ? INT_OF(record, "seq") - 1 : 0) : after;
    size_t i;

    checker_page(c->world->checker, c->pages, conversation, last, asked_at);
    json_array_foreach(list, i, record)
    {
        swarm_saw(c, c->pages, record);
        last = INT_OF(record, "seq");
    }
    if (after == FROM_END || (after >= 0 && !json_is_true(ITEM_OF(page, "more"))))
        checker_reaches(c->world->checker, conversation, last, asked_at);
}

/* Where the client has been lately, but for a stranger's, which must not be found. */
void swarm_ask_for_page(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    (void)now_ms;
    if (c->page.open || t->highest == 0)
        return;
    c->page.open = true;
    c->page.talk = (size_t)(t - c->talks);
    c->page.after = some_place(t);
    c->page.asked_at = checker_now(c->world->checker);
    swarm_client_send(c, "{'type':'history','id':'page','conversation':'%s','limit':%d%s}", t->id,
                      1 + rand() % 60, page_query(c->page.after, t->highest, ",'", "':"));
}

void swarm_on_page(struct swarm_client *c, const json_t *frame)
{
    c->page.open = false;
    c->world->counts.pages++;
    swarm_tell_page(c, c->talks[c->page.talk].id, frame, c->page.after, c->page.asked_at);
}

void swarm_trespass(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    const char *foreign = c->world->foreign;

    (void)t;
    (void)now_ms;
    swarm_client_send(c, "{'type':'history','id':'foreign','conversation':'%s'}", foreign);
    swarm_client_send(c, "{'type':'read','conversation':'%s','seq':1}", foreign);
    swarm_client_send(c, "{'type':'typing','conversation':'%s','active':true}", foreign);
    checker_types(c->world->checker, foreign, c->user.name);
    swarm_client_send(c, "{'type':'send','id':'%d.%u','conversation':'%s','text':'x'}", c->number,
                      c->sent++, foreign);
}

/* --- over HTTP --------------------------------------------------------------------------------- */

struct errand {
    struct swarm_client *client;
    size_t talk;
    int64_t after;
    int64_t asked_at;
};

/* Whether the answer is worth reading; what is neither that nor an honest refusal is objected to. */
static bool is_good(const struct errand *e, int status, const json_t *answer, bool may_be_missing)
{
    struct swarm_client *c = e->client;

    c->lists = false;
    if (status == 200 && answer != NULL)
        return true;
    c->world->counts.refusals += status == 404;
    if (status != 0 && status != 503 && !(status == 404 && may_be_missing))
        checker_object(c->world->checker, "%s: HTTP %d: %s", c->user.name, status,
                       answer ? match_show(answer) : "");
    return false;
}

static void list_came(void *context, int status, const json_t *answer)
{
    struct errand *e = context;
    struct checker *checker = e->client->world->checker;
    json_t *item;
    size_t i;

    if (is_good(e, status, answer, false)) {
        e->client->world->counts.lists++;
        json_array_foreach(ITEM_OF(answer, "conversations"), i, item)
        {
            struct checker_view view = {INT_OF(item, "seq"), INT_OF(item, "read"),
                                        INT_OF(item, "unread")};
            checker_view(checker, TEXT_OF(item, "id"), e->client->user.name, &view, e->asked_at);
            checker_reaches(checker, TEXT_OF(item, "id"), view.seq, e->asked_at);
        }
    }
    free(e);
}

static void http_page_came(void *context, int status, const json_t *answer)
{
    struct errand *e = context;
    const struct talk *t = &e->client->talks[e->talk];

    if (is_good(e, status, answer, t->comes_and_goes)) {
        e->client->world->counts.pages++;
        swarm_tell_page(e->client, t->id, answer, e->after, e->asked_at);
    }
    free(e);
}

void swarm_ask_over_http(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    struct errand *e;
    int port = c->world->stack->api.port;

    (void)now_ms;
    if (c->lists || port == 0 || t->highest == 0)
        return;
    c->lists = true;
    e = mem_alloc(sizeof *e);
    *e = (struct errand){c, (size_t)(t - c->talks), some_place(t), checker_now(c->world->checker)};
    if (rand() % 2 == 0)
        swarm_http_ask(c->world->http, port, "GET", "/api/conversations?limit=100", c->user.access,
                       list_came, e);
    else
        swarm_http_ask(c->world->http, port, "GET",
                       fmt("/api/conversations/%s/messages?limit=%d%s", t->id, 1 + rand() % 60,
                           page_query(e->after, t->highest, "&", "=")),
                       c->user.access, http_page_came, e);
}
