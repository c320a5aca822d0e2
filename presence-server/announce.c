#include "announce.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conn.h"
#include "daemon/metrics.h"
#include "news.h"
#include "presence_frames.h"
#include "store/presence.h"
#include "store/presence_bell.h"

#define ANNOUNCE_MS 25
#define AT_ONCE 1000 /* users, in one piece of news */
#define RETRY_MS 1000

struct announce {
    struct server *server;
    uv_timer_t timer;
    int64_t last_ms;
    int64_t retried_ms;
    int64_t number; /* of the last piece of news */
};

static struct metric changes = {.name = "chatapp_presence_changes_total",
                                .help = "Changes of what users of this server are",
                                .kind = METRIC_COUNTER};
static struct metric told = {.name = "chatapp_presence_told_total",
                             .help = "Presence frames sent to those who watch",
                             .kind = METRIC_COUNTER};

/* ---- to Redis, and to the other servers ---- */

static struct news news_of(const struct user *user)
{
    return (struct news){.user = username_view(&user->name),
                         .version = user->version,
                         .status = user->status,
                         .time_ms = user->since_ms,
                         .text = str_from(user->text, user->text ? strlen(user->text) : 0)};
}

struct save {
    struct server *server;
    struct user *user; /* held */
};

static void saved(void *context, const struct redisReply *reply)
{
    struct save *save = context;
    struct users *users = &save->server->users;

    if (reply == NULL) /* again, in a while */
        users_unsaved(users, save->user);
    users_release(users, save->user);
    free(save);
}

/* What Redis keeps first, the news of it after that: whoever hears of it and then reads finds it. */
static bool save_user(struct server *s, struct user *user)
{
    struct news news = news_of(user);
    struct redis_command c;
    struct buf value = {0};
    struct save *save = mem_alloc(sizeof *save);

    if (news.status != STATUS_OFFLINE)
        news_value(&value, &news);
    *save = (struct save){s, user};
    presence_put(&c, news.user, server_node(s), buf_view(&value),
                 news.status == STATUS_OFFLINE ? news.time_ms : clock_wall_ms());
    bool sent = redis_send(s->redis, &c, saved, save) == OK;
    buf_fini(&value);
    if (!sent)
        saved(save, NULL);
    return sent;
}

static void publish(struct server *s, str text)
{
    struct redis_command c;

    presence_ring(&c, text);
    (void)!redis_send(s->redis, &c, NULL, NULL); /* lost: the next one shows the gap */
}

static void save_some(struct announce *a)
{
    struct server *s = a->server;
    struct buf text = {0};
    size_t n = 0;
    struct user *user;

    while (n < AT_ONCE && redis_client_is_up(s->redis) &&
           (user = users_next_unsaved(&s->users)) != NULL) {
        struct news news = news_of(user);
        if (n++ == 0)
            news_begin(&text, server_node(s), ++a->number);
        news_add(&text, &news);
        if (!save_user(s, user))
            break;
    }
    if (n > 0)
        publish(s, buf_view(&text));
    buf_fini(&text);
    if (n == AT_ONCE)
        announce_soon(a);
}

/* ---- to those who watch ---- */

struct presence_view announce_view(const struct subject *subject)
{
    return (struct presence_view){
        .user = username_view(&subject->name),
        .status = subject->shown,
        .text =
            str_from(subject->shown_text, subject->shown_text ? strlen(subject->shown_text) : 0),
        .seen_ms = subject->seen_ms};
}

static struct frame *presence_frame(const struct presence_view *view)
{
    struct buf out = {0};

    frame_out_presence(&out, view, clock_wall_ms());
    struct frame *frame = frame_text(buf_view(&out));
    buf_fini(&out);
    return frame;
}

void announce_to(const struct user *user, const struct presence_view *view)
{
    conn_send_to_user(user, presence_frame(view));
    metric_add(&told, user->devices_n);
}

static void subject_changed(void *context, struct subject *subject)
{
    struct presence_view view = announce_view(subject);
    struct frame *frame = presence_frame(&view);
    (void)context;

    for (uint32_t i = 0; i < subject->watchers_n; i++) {
        const struct user *user = user_of_observer(subject->watchers[i].observer);
        conn_send_to_user(user, frame_ref(frame));
        metric_add(&told, user->devices_n);
    }
    frame_unref(frame);
}

static void user_changed(void *context, struct user *user)
{
    struct server *s = context;
    struct news news = news_of(user);
    struct subject *subject = watch_subject(&s->book, news.user);

    metric_add(&changes, 1);
    if (subject != NULL)
        watch_news(&s->book, subject,
                   &(struct part_news){.node = s->nodes.self,
                                       .version = news.version,
                                       .time_ms = news.time_ms,
                                       .status = news.status,
                                       .text = news.text});
}

/* ---- when ---- */

static void tell(uv_timer_t *timer)
{
    struct announce *a = timer->data;
    struct server *s = a->server;

    a->last_ms = clock_mono_ms();
    users_flush(&s->users, user_changed, s);
    save_some(a);
    watch_flush(&s->book, subject_changed, s);
}

void announce_soon(struct announce *a)
{
    int64_t wait_ms;

    if (a == NULL || uv_is_active((uv_handle_t *)&a->timer)) /* NULL: the process ends */
        return;
    wait_ms = a->last_ms + ANNOUNCE_MS - clock_mono_ms();
    (void)uv_timer_start(&a->timer, tell, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

void announce_retry(struct announce *a)
{
    int64_t now_ms = clock_mono_ms();

    if (a->server->users.unsaved == NULL || now_ms < a->retried_ms + RETRY_MS)
        return;
    a->retried_ms = now_ms;
    announce_soon(a);
}

struct announce *announce_open(struct server *server)
{
    struct announce *a = mem_zalloc(sizeof *a);

    a->server = server;
    (void)uv_timer_init(&server->daemon.loop, &a->timer);
    a->timer.data = a;
    metric_register(&changes);
    metric_register(&told);
    return a;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void announce_close(struct announce **announce)
{
    uv_close((uv_handle_t *)&(*announce)->timer, timer_closed);
    *announce = NULL;
}
