#include "round.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/metrics.h"
#include "lookout_state.h"
#include "push_text.h"
#include "round_page.h"
#include "store/account.h"
#include "store/contact.h"
#include "store/device.h"
#include "store/due.h"
#include "store/look.h"

#define MEMBERS_PER_PAGE 128
#define AGAIN_MS 1000     /* after which is tried again what has not worked */
#define LOOKS_PER_DELAY 8 /* how often a busy conversation is looked at while a message gets old */
#define PAUSE_PER_PAGE_MS 10 /* between two rounds of a big room */
#define EVENT STR("message")

/* ---- what is counted ---- */

static struct metric looks = {.name = "chatapp_push_looks_total",
                              .help = "Looks at conversations, a page of members each",
                              .kind = METRIC_COUNTER};
static struct metric made = {.name = "chatapp_push_made_total",
                             .help = "Notifications made from messages",
                             .kind = METRIC_COUNTER};
static struct metric failed_rounds = {.name = "chatapp_push_failed_rounds_total",
                                      .help = "Looks that Redis or a full queue has cut short",
                                      .kind = METRIC_COUNTER};

#define UNWANTED(variable, reason)                                                                 \
    static struct metric variable = {                                                              \
        .name = "chatapp_push_unwanted_total",                                                     \
        .labels = "reason=\"" reason "\"",                                                         \
        .help = "Members who had something to be told of, and were not, by reason",                \
        .kind = METRIC_COUNTER,                                                                    \
    }

UNWANTED(muted, "muted");
UNWANTED(blocked, "blocked");
UNWANTED(no_device, "no_device");

void round_metrics_setup(void)
{
    metric_register(&looks);
    metric_register(&made);
    metric_register(&failed_rounds);
    metric_register(&muted);
    metric_register(&blocked);
    metric_register(&no_device);
}

/* ---- the round ---- */

struct round {
    struct lookout *lookout;
    struct conversation_id conversation;
    int64_t taken_ms;      /* by Redis' clock … */
    int64_t taken_mono_ms; /* … and ours */
    int64_t next_ms;       /* the oldest message that was too new; 0: none was */
    int64_t pages;
    char cursor[LOOK_CURSOR_MAX + 1];
    int64_t old_seq;
    struct round_page page;
    size_t waiting; /* for so many replies */
    bool failed;
};

static str id_of(const struct round *r)
{
    return str_of(r->conversation.text);
}

static int64_t redis_now_ms(const struct round *r)
{
    return r->taken_ms + clock_mono_ms() - r->taken_mono_ms;
}

/* The mark with which it is looked at at the earliest after `ms`. */
static int64_t mark_for(const struct round *r, int64_t ms)
{
    return redis_now_ms(r) + ms - r->lookout->options.delay_ms;
}

static int64_t next_mark(const struct round *r)
{
    int64_t delay_ms = r->lookout->options.delay_ms;
    int64_t pause_ms = delay_ms / LOOKS_PER_DELAY;

    if (pause_ms < r->pages * PAUSE_PER_PAGE_MS)
        pause_ms = r->pages * PAUSE_PER_PAGE_MS;
    if (r->failed)
        return mark_for(r, AGAIN_MS);
    if (r->next_ms == 0)
        return 0;
    int64_t soonest = mark_for(r, pause_ms);
    return r->next_ms > soonest ? r->next_ms : soonest;
}

static void end(struct round *r)
{
    struct lookout *l = r->lookout;
    struct redis_command c;

    metric_add(&failed_rounds, r->failed);
    due_release(&c, id_of(r), r->taken_ms, next_mark(r), l->options.delay_ms);
    (void)!redis_send(l->options.redis, &c, NULL, NULL); /* else the lease ends by itself */
    round_page_clear(&r->page);
    free(r);
    lookout_round_ended(l);
}

/* One of several questions at once. False: it cannot be asked. */
static bool ask(struct round *r, const struct redis_command *c, redis_reply_fn *done, void *context)
{
    bool sent = redis_send(r->lookout->options.redis, c, done, context) == OK;

    r->waiting += sent;
    r->failed |= !sent;
    return sent;
}

/* A reply has come. True: it was the last of them. */
static bool was_last(struct round *r, const struct redisReply *reply)
{
    r->failed |= reply == NULL;
    return --r->waiting == 0;
}

static void look_at_page(struct round *r);

static void page_done(struct round *r)
{
    struct redis_command c;

    round_page_clear(&r->page);
    if (r->failed || str_eq(str_of(r->cursor), STR("0"))) {
        end(r);
        return;
    }
    due_hold(&c, id_of(r), mark_for(r, r->lookout->options.lease_ms));
    (void)!redis_send(r->lookout->options.redis, &c, NULL, NULL);
    look_at_page(r);
}

/* ---- 4. they have been seen to ---- */

static void settled(void *context, const struct redisReply *reply)
{
    struct round *r = context;

    r->failed |= reply == NULL;
    page_done(r);
}

static void settle(struct round *r)
{
    struct buf names = {0};
    struct redis_command c;

    round_page_settled(&r->page, &names);
    look_settled(&c, id_of(r), r->page.seq, buf_view(&names));
    bool sent = names.n > 0 && redis_send(r->lookout->options.redis, &c, settled, r) == OK;
    r->failed |= names.n > 0 && !sent;
    buf_fini(&names);
    if (!sent)
        page_done(r);
}

/* ---- 3. into the queue ---- */

static void accepted(void *context, const struct redisReply *reply)
{
    struct page_member *m = context;
    struct round *r = m->round;
    struct lookout *l = r->lookout;
    str id;
    enum notify_accepted how = notify_accept_answer(reply, &id);

    m->settled = how == NOTIFY_NEW || how == NOTIFY_SAME;
    r->failed |= !m->settled;
    metric_add(&made, how == NOTIFY_NEW);
    if (!was_last(r, reply))
        return;
    l->options.on_accepted(l->options.context);
    settle(r);
}

/* What a notification is made of. */
struct parts {
    struct buf title;
    struct buf body;
    struct buf data;
    struct buf chat;
    struct buf once;
};

static void write_parts(struct parts *p, const struct page_member *m,
                        const struct page_record *news)
{
    const struct round *r = m->round;
    const struct push_origin origin = {id_of(r), news->seq, username_view(&news->from)};
    bool shown = r->lookout->options.preview && news->has_text;
    const struct push_text text = {
        .direct = r->page.direct,
        .room = buf_view(&r->page.name),
        .sender = username_view(&news->from),
        .sender_name = buf_view(&news->name),
        .text = shown ? buf_view(&news->text) : STR_NONE,
        .conversation = id_of(r),
        .seq = news->seq,
        .unread = m->unread,
    };

    push_text_title(&text, &p->title);
    push_text_body(&text, &p->body);
    push_text_data(&text, &p->data);
    push_origin_write(&p->chat, &origin);
    buf_printf(&p->once, "chat %s %s %lld", r->conversation.text, m->user.text,
               (long long)r->page.seq);
}

static void parts_fini(struct parts *p)
{
    buf_fini(&p->title);
    buf_fini(&p->body);
    buf_fini(&p->data);
    buf_fini(&p->chat);
    buf_fini(&p->once);
}

static void put_into_queue(struct round *r, struct page_member *m, const struct page_record *news)
{
    const struct lookout_options *o = &r->lookout->options;
    struct id id = id_new();
    struct redis_command c;
    struct parts p = {0};

    write_parts(&p, m, news);
    const struct new_notification n = {
        .id = str_of(id.text),
        .user = username_view(&m->user),
        .priority = NOTIFY_HIGH,
        .title = buf_view(&p.title),
        .body = buf_view(&p.body),
        .event = EVENT,
        .data = buf_view(&p.data),
        .collapse = id_of(r),
        .chat = buf_view(&p.chat),
        .ttl_ms = o->ttl_ms,
        .once = buf_view(&p.once),
        .once_hash = STR("-"), /* the counts may differ the second time */
        .once_ms = o->once_ms,
    };
    notify_accept(&c, &n, o->unfinished_max, &o->keep);
    (void)!ask(r, &c, accepted, m);
    parts_fini(&p);
}

static void decide(struct round *r)
{
    for (size_t i = 0; i < r->page.n_members && !r->failed; i++) {
        struct page_member *m = &r->page.members[i];
        const struct page_record *news = round_page_news(&r->page, m);
        m->settled = !m->has_device || news == NULL;
        if (!m->has_device)
            metric_add(&no_device, 1);
        else if (news == NULL)
            metric_add(&blocked, 1);
        else
            put_into_queue(r, m, news);
    }
    if (r->waiting == 0)
        settle(r);
}

/* ---- 2. what is to be known of them ---- */

static void named(void *context, const struct redisReply *reply)
{
    struct page_record *record = context;
    struct round *r = record->round;

    buf_add_str(&record->name, reply_str(reply));
    if (was_last(r, reply))
        decide(r);
}

static void devices_counted(void *context, const struct redisReply *reply)
{
    struct page_member *m = context;

    m->has_device = reply_int(reply) > 0;
    if (was_last(m->round, reply))
        decide(m->round);
}

static void contacts_told(void *context, const struct redisReply *reply)
{
    struct page_member *m = context;

    for (size_t i = 0; i < m->round->page.n_records; i++)
        if (contact_mask_read(reply_at(reply, i)) & (CONTACT_BLOCKS | CONTACT_BLOCKS_ME))
            m->blocked |= 1U << i;
    if (was_last(m->round, reply))
        decide(m->round);
}

static void ask_about_members(struct round *r)
{
    struct round_page *page = &r->page;
    str senders[LOOK_RECORDS_MAX];
    struct redis_command c;

    for (size_t i = 0; i < page->n_records; i++) {
        senders[i] = username_view(&page->records[i].from);
        account_display_name(&c, senders[i]);
        (void)!ask(r, &c, named, &page->records[i]);
    }
    for (size_t i = 0; i < page->n_members; i++) {
        struct page_member *m = &page->members[i];
        device_count(&c, username_view(&m->user));
        (void)!ask(r, &c, devices_counted, m);
        if (page->n_records == 0)
            continue;
        contact_masks(&c, username_view(&m->user), senders, page->n_records);
        (void)!ask(r, &c, contacts_told, m);
    }
    if (r->waiting == 0)
        page_done(r); /* Redis is away */
}

/* ---- 1. who is silent? ---- */

static void keep_place(struct round *r, const struct look_page *page)
{
    (void)snprintf(r->cursor, sizeof r->cursor, "%.*s", STR_ARG(page->cursor));
    r->old_seq = page->old_seq;
    r->pages++;
    if (page->next_ms > 0 && (r->next_ms == 0 || page->next_ms < r->next_ms))
        r->next_ms = page->next_ms;
}

static void looked(void *context, const struct redisReply *reply)
{
    struct round *r = context;
    struct look_page page;
    enum err err = look_page(reply, &page);

    metric_add(&looks, 1);
    r->failed |= err == ERR_UNAVAILABLE;
    if (err != OK) {
        end(r);
        return;
    }
    keep_place(r, &page);
    metric_add(&muted, page.muted);
    metric_add(&blocked, page.blocked);
    round_page_fill(&r->page, &page, r);
    if (r->page.n_members > 0)
        ask_about_members(r);
    else
        page_done(r);
}

static void look_at_page(struct round *r)
{
    struct redis_command c;

    look(&c, id_of(r), r->lookout->options.delay_ms, MEMBERS_PER_PAGE, str_of(r->cursor),
         r->old_seq);
    if (redis_send(r->lookout->options.redis, &c, looked, r) == OK)
        return;
    r->failed = true;
    end(r);
}

void round_begin(struct lookout *lookout, str conversation, int64_t taken_ms)
{
    struct round *r = mem_zalloc(sizeof *r);

    r->lookout = lookout;
    (void)snprintf(r->conversation.text, sizeof r->conversation.text, "%.*s",
                   STR_ARG(conversation));
    r->taken_ms = taken_ms;
    r->taken_mono_ms = clock_mono_ms();
    r->cursor[0] = '0';
    look_at_page(r);
}
