#include "registry/directory.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "redis/redis_pool.h"
#include "registry/registry.h"
#include "registry/server_list.h"

#define FRESH_MS 1000
#define STALE_MS 1500 /* with REGISTRY_TTL_MS less than the 5 s for which a dead one may be named */
#define EMPTY_FRESH_MS 100

static const char *const KINDS[DIRECTORY_KINDS] = {"chat", "presence", "notification"};

struct shelf { /* of one kind */
    const char *kind;
    pthread_mutex_t lock;    /* guards list and read_ms */
    pthread_mutex_t reading; /* by one thread at a time; taken before `lock` */
    struct server_list *list;
    int64_t read_ms; /* 0: never */
};

struct directory {
    struct shelf shelves[DIRECTORY_KINDS];
};

struct directory *directory_new(void)
{
    struct directory *d = mem_zalloc(sizeof *d);

    for (size_t i = 0; i < DIRECTORY_KINDS; i++) {
        d->shelves[i].kind = KINDS[i];
        d->shelves[i].list = mem_zalloc(sizeof *d->shelves[i].list);
        pthread_mutex_init(&d->shelves[i].lock, NULL);
        pthread_mutex_init(&d->shelves[i].reading, NULL);
    }
    return d;
}

void directory_free(struct directory **directory)
{
    struct directory *d = *directory;

    *directory = NULL;
    for (size_t i = 0; i < DIRECTORY_KINDS; i++) {
        pthread_mutex_destroy(&d->shelves[i].reading);
        pthread_mutex_destroy(&d->shelves[i].lock);
        free(d->shelves[i].list);
    }
    free(d);
}

/* ---- reading ---- */

static void add_all(struct server_list *list, const struct redisReply *reply, int64_t now_ms)
{
    struct instance instance;

    for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
        if (instance_decode(reply_str(reply_at(reply, i + 1)), &instance) == OK)
            server_list_add(list, &instance, now_ms - reply_int(reply_at(reply, i)));
        else
            log_warn("a damaged record in the registry");
    }
}

static enum err read_list(struct shelf *shelf)
{
    struct redis_command c;
    struct redisReply *reply;

    registry_list(&c, shelf->kind);
    int64_t asked_ms = clock_mono_ms(); /* what was true then is no younger than that */
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return ERR_UNAVAILABLE;
    struct server_list *list = mem_zalloc(sizeof *list);
    add_all(list, reply, asked_ms);
    reply_free(reply);
    pthread_mutex_lock(&shelf->lock);
    struct server_list *old = shelf->list;
    server_list_take_over(list, old);
    shelf->list = list;
    shelf->read_ms = asked_ms;
    pthread_mutex_unlock(&shelf->lock);
    free(old);
    return OK;
}

static int64_t age_ms(struct shelf *shelf, bool *empty_out)
{
    pthread_mutex_lock(&shelf->lock);
    int64_t age = shelf->read_ms == 0 ? INT64_MAX : clock_mono_ms() - shelf->read_ms;
    *empty_out = shelf->list->n == 0;
    pthread_mutex_unlock(&shelf->lock);
    return age;
}

static bool is_fresh(struct shelf *shelf)
{
    bool empty;
    int64_t age = age_ms(shelf, &empty);

    return age < (empty ? EMPTY_FRESH_MS : FRESH_MS);
}

static bool is_good_enough(struct shelf *shelf)
{
    bool empty;
    int64_t age = age_ms(shelf, &empty);

    return !empty && age < STALE_MS;
}

/* One thread reads; the others do not wait for it while what they have is not much too old. */
static enum err refresh(struct shelf *shelf)
{
    enum err err = OK;

    if (is_fresh(shelf))
        return OK;
    if (pthread_mutex_trylock(&shelf->reading) != 0) {
        if (is_good_enough(shelf))
            return OK;
        pthread_mutex_lock(&shelf->reading);
    }
    if (!is_fresh(shelf))
        err = read_list(shelf);
    pthread_mutex_unlock(&shelf->reading);
    return err != OK && is_good_enough(shelf) ? OK : err;
}

/* ---- asking ---- */

enum err directory_choose(struct directory *d, enum directory_kind kind, str except,
                          struct server_choice *choice_out)
{
    struct shelf *shelf = &d->shelves[kind];
    enum err err = refresh(shelf);

    if (err != OK)
        return err;
    pthread_mutex_lock(&shelf->lock);
    const struct server *server =
        server_list_choose(shelf->list, except, clock_mono_ms(), randombytes_random());
    if (server != NULL) {
        memcpy(choice_out->id, server->id, sizeof choice_out->id);
        memcpy(choice_out->url, server->url, sizeof choice_out->url);
    }
    pthread_mutex_unlock(&shelf->lock);
    return server ? OK : ERR_NOT_FOUND;
}

void directory_urls(struct directory *d, enum directory_kind kind, struct buf *out)
{
    struct shelf *shelf = &d->shelves[kind];

    if (refresh(shelf) != OK)
        return;
    pthread_mutex_lock(&shelf->lock);
    for (size_t i = 0; i < shelf->list->n; i++) {
        buf_add_str(out, str_of(shelf->list->v[i].url));
        buf_add_char(out, ' ');
    }
    pthread_mutex_unlock(&shelf->lock);
}

void directory_avoid(struct directory *d, enum directory_kind kind, str url)
{
    struct shelf *shelf = &d->shelves[kind];

    pthread_mutex_lock(&shelf->lock);
    server_list_avoid(shelf->list, url, clock_mono_ms() + REGISTRY_TTL_MS);
    pthread_mutex_unlock(&shelf->lock);
}
