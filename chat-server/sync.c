/* A connection's syncs are answered one after the other; the first in conn->syncs is under way.
 *
 *     TO_READ ──asked──► READING ──a whole run──► DONE
 *        ▲                  │
 *        └──── more ────────┘      (or DONE at once: nothing missed, or too much)
 *
 * Only as much is read as the connection's queue has room for; the rest when that is written. And only a few reads are
 * under way at once, whoever they are for: however many come back together, those who are there already go on as before. */
#include "sync.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conn.h"
#include "frames_in.h"
#include "positions.h"
#include "store/conversation.h"
#include "store/record.h"
#include "json/json_out.h"

#define READS_AT_ONCE 16 /* of one sync */
#define READS_MAX 64     /* of all of them */
#define READ_BYTES_MAX ((size_t)64 * 1024)
#define KIB 1024

enum run_state { TO_READ, READING, DONE };

struct run {          /* one conversation's */
    str conversation; /* as it was sent: within the quotes, of any shape */
    int64_t after;    /* the client has everything up to here */
    int64_t upto;     /* it needs everything up to here; 0: only how far the conversation is */
    int64_t seq;      /* what `synced` will say */
    enum run_state state;
    bool recovered;
    bool known; /* here, as the user's */
};

struct sync {
    struct sync *next;      /* conn->syncs */
    struct sync *line_next; /* server->syncs, while it waits for its turn to read */
    bool in_line;
    struct server *server;
    struct conn_ref conn;
    struct user *user; /* held */
    size_t id_n;
    char id[CLIENT_ID_MAX];
    bool same_epoch;
    bool failed; /* Redis is away */
    char *text;  /* `positions`, that the runs' ids point into */
    struct run *runs;
    size_t runs_n;
    size_t runs_cap;
    size_t at; /* no run before it is TO_READ */
    size_t reading;
};

static void start(struct sync *s, struct conn *conn);
static void go_on(struct sync *s);
static void serve(struct server *server);

static void sync_free(struct sync *s)
{
    hub_release_user(&s->server->hub, s->user);
    free(s->text);
    free(s->runs);
    free(s);
}

/* ---- the answer's end ---- */

static void send_ahead(struct conn *conn, const struct buf *text)
{
    ws_send_ahead(conn->base.ws, frame_text(buf_view(text)));
}

static void add_synced(const struct sync *s, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "type", STR("synced"));
    json_put_str(out, "id", str_from(s->id, s->id_n));
    json_put_str(out, "epoch", str_of(s->server->epoch));
    json_open(out, "conversations", '{');
    for (size_t i = 0; i < s->runs_n; i++) {
        const struct run *r = &s->runs[i];
        buf_add_str(out, i == 0 ? STR("\"") : STR(",\""));
        buf_add_str(out, r->conversation);
        buf_add_str(out, r->recovered ? STR("\":{\"recovered\":true,\"seq\":")
                                      : STR("\":{\"recovered\":false,\"seq\":"));
        buf_add_i64(out, r->seq);
        buf_add_str(out, STR("}"));
    }
    json_close(out, '}');
    json_close(out, '}');
}

static void finish(struct sync *s, struct conn *conn)
{
    struct buf out = {0};

    if (s->failed)
        frame_out_error(&out, str_from(s->id, s->id_n), ERROR_UNAVAILABLE, NULL, "try again");
    else
        add_synced(s, &out);
    send_ahead(conn, &out);
    buf_fini(&out);
    ws_release(conn->base.ws);
    conn->syncs = s->next;
    conn_unload(&s->server->conns, s->conn, CONN_LOAD_SMALL);
    if (conn->syncs != NULL)
        start(conn->syncs, conn);
    sync_free(s);
}

/* ---- reading ---- */

static void settle(struct run *r, bool recovered, int64_t seq)
{
    r->state = DONE;
    r->recovered = recovered;
    r->seq = seq;
}

/* Sends the part of the page that is wanted. False: it does not follow what the client has. */
static bool send_page(struct run *r, struct conn *conn, const struct conversation_page *page)
{
    struct record record;

    for (size_t i = 0; i < page->n && r->after < r->upto; i++) {
        struct buf text = {0};
        if (record_parse(conversation_page_record(page, i), &record) != OK ||
            record.seq != r->after + 1)
            return false;
        record_add_frame(&text, r->conversation, &record);
        send_ahead(conn, &text);
        buf_fini(&text);
        r->after = record.seq;
    }
    return page->n > 0;
}

/* Beyond what this server has delivered: it may only be late. Or the user is not on its list. */
static void look(struct run *r, const struct conversation_page *page)
{
    if (r->known && r->after <= page->seq)
        settle(r, true, r->after);
    else
        settle(r, false, page->seq);
}

static void take_page(struct run *r, struct conn *conn, const struct conversation_page *page)
{
    if (r->upto == 0)
        look(r, page);
    else if (!send_page(r, conn, page))
        settle(r, false, r->seq); /* retention has dropped what is missing */
    else if (r->after >= r->upto)
        settle(r, true, r->seq);
    else
        r->state = TO_READ;
}

struct read {
    struct sync *sync;
    size_t run;
};

static void was_read(void *context, const struct redisReply *reply)
{
    struct read read = *(struct read *)context;
    struct sync *s = read.sync;
    struct run *r = &s->runs[read.run];
    struct conn *conn = conn_get(&s->server->conns, s->conn);
    struct conversation_page page;

    struct server *server = s->server;

    free(context);
    s->reading--;
    server->syncs.reading--;
    r->state = DONE;
    enum err err = conversation_paged(reply, &page);
    if (err == ERR_NOT_FOUND)
        settle(r, false, 0); /* a stranger, perhaps only since a moment ago */
    else if (err != OK)
        s->failed = true;
    else if (conn != NULL)
        take_page(r, conn, &page);
    if (r->state == TO_READ && read.run < s->at)
        s->at = read.run;
    go_on(s);
    serve(server);
}

static size_t read_bytes(const struct sync *s)
{
    size_t share = (size_t)s->server->settings.conn.queue_max_kib * KIB / 8;
    return share < READ_BYTES_MAX ? share : READ_BYTES_MAX;
}

static void ask(struct sync *s, size_t i)
{
    struct run *r = &s->runs[i];
    struct redis_command c;
    struct read *read = mem_alloc(sizeof *read);
    int64_t wanted = r->upto > r->after ? r->upto - r->after : 1;

    *read = (struct read){s, i};
    r->state = READING;
    s->reading++;
    s->server->syncs.reading++;
    conversation_missed(&c, r->conversation, username_view(&s->user->name), r->after,
                        wanted < PAGE_MAX ? wanted : PAGE_MAX, (int64_t)read_bytes(s));
    if (redis_send(s->server->redis, &c, was_read, read) == OK)
        return;
    free(read);
    s->reading--;
    s->server->syncs.reading--;
    s->failed = true;
}

static bool has_room(const struct sync *s, const struct conn *conn)
{
    size_t room = (size_t)s->server->settings.conn.queue_max_kib * KIB / 2;
    size_t queued = ws_queued(conn->base.ws) + s->reading * read_bytes(s);

    return s->reading < READS_AT_ONCE && queued < room;
}

static bool find_next(struct sync *s)
{
    while (s->at < s->runs_n && s->runs[s->at].state != TO_READ)
        s->at++;
    return s->at < s->runs_n;
}

static void line_up(struct sync *s)
{
    struct sync_line *line = &s->server->syncs;

    s->line_next = NULL;
    s->in_line = true;
    *(line->last ? &line->last->line_next : &line->first) = s;
    line->last = s;
}

static void serve(struct server *server)
{
    struct sync_line *line = &server->syncs;

    while (line->reading < READS_MAX && line->first != NULL) {
        struct sync *s = line->first;
        line->first = s->line_next;
        if (line->first == NULL)
            line->last = NULL;
        s->in_line = false;
        go_on(s);
    }
}

static void go_on(struct sync *s)
{
    struct conn *conn = conn_get(&s->server->conns, s->conn);

    if (s->in_line)
        return;
    if (conn == NULL && s->reading == 0)
        sync_free(s);
    if (conn == NULL || ws_is_closing(conn->base.ws))
        return;
    while (!s->failed && s->server->syncs.reading < READS_MAX && has_room(s, conn) && find_next(s))
        ask(s, s->at);
    if (!s->failed && s->server->syncs.reading >= READS_MAX && find_next(s))
        line_up(s);
    if (s->reading > 0 || s->in_line)
        return;
    if (s->failed || (!find_next(s) && has_room(s, conn)))
        finish(s, conn);
    else
        ws_tell_when_written(conn->base.ws);
}

/* ---- what was missed? ---- */

/* Where the conversation stands for this connection: after `seq` all will come by itself. `ready` may have named one that
 * the user is still joining on this server. */
static void locate(struct run *r, const struct conn *conn)
{
    struct room *room = hub_room(&conn->server->hub, r->conversation);
    bool subscribed = conn_is_subscribed(conn, r->conversation);
    int64_t told = positions_of(conn, room, SEQ_MAX);

    r->known = room != NULL && room->live && (subscribed || told < SEQ_MAX);
    r->seq = !r->known ? 0 : subscribed ? room->delivered : told;
    r->upto = told < r->seq ? told : r->seq; /* what came since `ready` is there already */
}

static void judge(const struct sync *s, struct run *r, const struct conn *conn)
{
    locate(r, conn);
    if (!s->same_epoch || !conversation_id_is_valid(r->conversation))
        settle(r, false, r->seq);
    else if (!r->known || r->after > r->seq)
        r->upto = 0;
    else if (r->seq - r->after > SYNC_BEHIND_MAX)
        settle(r, false, r->seq);
    else if (r->after >= r->upto)
        settle(r, true, r->seq);
}

static void start(struct sync *s, struct conn *conn)
{
    ws_hold(conn->base.ws);
    for (size_t i = 0; i < s->runs_n; i++)
        judge(s, &s->runs[i], conn);
    go_on(s);
}

/* ---- the request ---- */

static bool add_run(void *context, const struct json_member *member)
{
    struct sync *s = context;
    int64_t seq;

    if (!json_member_integer(member, &seq) || seq < 0 || seq > SEQ_MAX)
        return false;
    if (s->runs_n == s->runs_cap) {
        s->runs_cap = s->runs_cap ? s->runs_cap * 2 : 4;
        s->runs = mem_array(s->runs, s->runs_cap, sizeof s->runs[0]);
    }
    s->runs[s->runs_n++] = (struct run){.conversation = member->key, .after = seq};
    return true;
}

static struct sync *sync_new(struct conn *conn, struct frame_in *f, str positions, str epoch)
{
    struct sync *s = mem_zalloc(sizeof *s);

    *s = (struct sync){.server = conn->server,
                       .conn = conn->base.ref,
                       .user = conn->user,
                       .id_n = f->id.n,
                       .same_epoch = str_eq(epoch, str_of(conn->server->epoch)),
                       .text = str_dup(positions)};
    memcpy(s->id, f->id.p, f->id.n);
    s->user->holds++;
    if (json_each(str_of(s->text), add_run, s) == OK)
        return s;
    frame_in_fail(f, "positions", "must name a seq for each conversation");
    sync_free(s);
    return NULL;
}

static size_t waiting(const struct conn *conn)
{
    size_t n = 0;

    for (const struct sync *s = conn->syncs; s != NULL; s = s->next)
        n++;
    return n;
}

void sync_request(struct conn *conn, struct frame_in *f)
{
    struct sync **end = &conn->syncs;
    struct sync *s = NULL;

    (void)frame_in_id(f);
    str epoch = frame_in_plain(f, "epoch");
    if (str_is_none(epoch))
        frame_in_fail(f, "epoch", "is missing");
    str positions = frame_in_object(f, "positions");
    if (str_is_none(positions))
        frame_in_fail(f, "positions", "is missing");
    if (f->field == NULL)
        s = sync_new(conn, f, positions, epoch);
    if (f->field != NULL) {
        conn_error(conn, f->id, ERROR_INVALID_FIELD, f->field, f->why);
        return;
    }
    if (waiting(conn) == SYNCS_WAITING_MAX) {
        sync_free(s);
        conn_error(conn, f->id, ERROR_RATE_LIMITED, NULL, "too many syncs at once");
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = s;
    conn_load(conn, CONN_LOAD_SMALL);
    if (conn->syncs == s)
        start(s, conn);
}

void sync_written(struct conn *conn)
{
    if (conn->syncs != NULL)
        go_on(conn->syncs);
}

void sync_forget(struct conn *conn)
{
    while (conn->syncs != NULL) {
        struct sync *s = conn->syncs;
        conn->syncs = s->next;
        if (s->reading == 0 && !s->in_line) /* else the last answer, or its turn, frees it */
            sync_free(s);
    }
}
