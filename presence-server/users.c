#include "users.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

struct ghost { /* the most available one of the devices that were lost, from the last loss on */
    struct ghost *next;
    struct ghost *prev;
    struct user *user;
    char *text;
    int64_t since_ms;
    int64_t lost_ms;  /* wall clock */
    int64_t until_ms; /* monotonic */
    enum status status;
};

/* ---- who is here ---- */

void users_init(struct users *users)
{
    users->unsaved_last = &users->unsaved;
}

struct user *users_get(const struct users *users, str name)
{
    return map_get(&users->names, name);
}

struct user *users_hold(struct users *users, str name)
{
    struct user *user = users_get(users, name);

    if (user == NULL) {
        CHECK(name.n <= USERNAME_MAX);
        user = mem_zalloc(sizeof *user);
        memcpy(user->name.text, name.p, name.n);
        map_put(&users->names, username_view(&user->name), user);
    }
    user->holds++;
    return user;
}

static void out_of_line(struct users *users, const struct ghost *g)
{
    *(g->prev ? &g->prev->next : &users->ghosts) = g->next;
    *(g->next ? &g->next->prev : &users->ghosts_last) = g->prev;
}

static void drop_ghost(struct users *users, struct user *user)
{
    struct ghost *g = user->ghost;

    if (g == NULL)
        return;
    user->ghost = NULL;
    out_of_line(users, g);
    free(g->text);
    free(g);
}

static void user_free(struct users *users, struct user *user)
{
    drop_ghost(users, user);
    free(user->devices);
    free(user->text);
    free(user);
}

static void maybe_gone(struct users *users, struct user *user)
{
    if (user->holds > 0 || user->devices_n > 0 || user->ghost != NULL || user->changed ||
        user->unsaved)
        return;
    users->gone(users->context, user);
    map_remove(&users->names, username_view(&user->name));
    user_free(users, user);
}

void users_release(struct users *users, struct user *user)
{
    CHECK(user->holds > 0);
    user->holds--;
    maybe_gone(users, user);
}

void users_fini(struct users *users)
{
    struct user *user;
    size_t at = 0;

    while ((user = map_next(&users->names, &at)) != NULL) {
        users->gone(users->context, user);
        user_free(users, user);
    }
    map_fini(&users->names);
}

/* ---- devices ---- */

static void mark(struct users *users, struct user *user)
{
    if (user->changed)
        return;
    user->changed = true;
    user->next_changed = users->changed;
    users->changed = user;
}

void users_add_device(struct users *users, struct user *user, struct device *device,
                      struct moment now)
{
    user->devices = mem_array(user->devices, user->devices_n + 1, sizeof(struct device *));
    user->devices[user->devices_n++] = device;
    device->status = STATUS_ONLINE;
    device->since_ms = now.wall_ms;
    drop_ghost(users, user);
    mark(users, user);
}

static void line_up(struct users *users, struct ghost *g, struct moment now)
{
    g->lost_ms = now.wall_ms;
    g->until_ms = now.mono_ms + users->grace_ms;
    g->next = NULL;
    g->prev = users->ghosts_last;
    *(g->prev ? &g->prev->next : &users->ghosts) = g;
    users->ghosts_last = g;
}

static void haunt(struct users *users, struct user *user, struct device *device, struct moment now)
{
    if (device->status == STATUS_OFFLINE)
        return;
    if (user->ghost != NULL)
        out_of_line(users, user->ghost);
    else
        user->ghost = mem_zalloc(sizeof *user->ghost);
    struct ghost *g = user->ghost;
    g->user = user;
    line_up(users, g, now);
    if (device->status < g->status)
        return;
    g->status = device->status;
    g->since_ms = device->since_ms;
    free(g->text);
    g->text = device->text;
    device->text = NULL;
}

void users_remove_device(struct users *users, struct user *user, struct device *device,
                         struct moment now)
{
    uint32_t i = 0;

    while (user->devices[i] != device)
        i++;
    user->devices[i] = user->devices[--user->devices_n];
    haunt(users, user, device, now);
    free(device->text);
    device->text = NULL;
    mark(users, user);
}

void users_say(struct users *users, struct user *user, struct device *device, enum status status,
               str text, struct moment now)
{
    free(device->text);
    device->text = text.n > 0 ? mem_dup(text.p, text.n) : NULL;
    device->status = status;
    device->since_ms = now.wall_ms;
    user->lost_ms = now.wall_ms;
    drop_ghost(users, user);
    mark(users, user);
}

static void end_grace(struct users *users, const struct ghost *g)
{
    struct user *user = g->user;

    user->lost_ms = g->lost_ms;
    drop_ghost(users, user);
    mark(users, user);
}

void users_are_elsewhere(struct users *users, struct user *user)
{
    if (user->ghost != NULL)
        end_grace(users, user->ghost);
}

void users_expire(struct users *users, int64_t mono_ms)
{
    while (users->ghosts != NULL && users->ghosts->until_ms <= mono_ms)
        end_grace(users, users->ghosts);
}

/* ---- what they are ---- */

struct view {
    enum status status;
    const char *text;
    int64_t since_ms;
};

static void consider(struct view *view, enum status status, const char *text, int64_t since_ms)
{
    if (status == STATUS_OFFLINE || status < view->status ||
        (status == view->status && since_ms < view->since_ms))
        return;
    *view = (struct view){status, text, since_ms};
}

static struct view view_of(const struct user *user)
{
    struct view view = {.status = STATUS_OFFLINE};
    const struct ghost *g = user->ghost;

    for (uint32_t i = 0; i < user->devices_n; i++) {
        const struct device *d = user->devices[i];
        consider(&view, d->status, d->text, d->since_ms);
    }
    if (g != NULL)
        consider(&view, g->status, g->text, g->since_ms);
    if (view.status == STATUS_OFFLINE)
        view.since_ms = user->lost_ms;
    return view;
}

static bool update(struct users *users, struct user *user)
{
    struct view view = view_of(user);

    if (view.status == user->status && str_eq(str_of(view.text), str_of(user->text)))
        return false;
    user->status = view.status;
    free(user->text);
    user->text = view.text != NULL ? mem_dup(view.text, strlen(view.text)) : NULL;
    user->since_ms = view.since_ms;
    user->version = ++users->versions;
    users_unsaved(users, user);
    return true;
}

bool users_have_changed(const struct users *users)
{
    return users->changed != NULL;
}

void users_flush(struct users *users, void (*changed)(void *context, struct user *user),
                 void *context)
{
    while (users->changed != NULL) {
        struct user *user = users->changed;
        users->changed = user->next_changed;
        user->changed = false;
        if (update(users, user))
            changed(context, user);
        maybe_gone(users, user);
    }
}

/* ---- what Redis has ---- */

void users_unsaved(struct users *users, struct user *user)
{
    if (user->unsaved)
        return;
    user->unsaved = true;
    user->next_unsaved = NULL;
    *users->unsaved_last = user;
    users->unsaved_last = &user->next_unsaved;
}

void users_all_unsaved(struct users *users)
{
    struct user *user;
    size_t at = 0;

    while ((user = map_next(&users->names, &at)) != NULL)
        if (user->status != STATUS_OFFLINE)
            users_unsaved(users, user);
}

struct user *users_next_unsaved(struct users *users)
{
    struct user *user = users->unsaved;

    if (user == NULL)
        return NULL;
    users->unsaved = user->next_unsaved;
    if (users->unsaved == NULL)
        users->unsaved_last = &users->unsaved;
    user->unsaved = false;
    user->holds++;
    return user;
}
