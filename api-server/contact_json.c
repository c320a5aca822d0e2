#include "contact_json.h"

#include <stdlib.h>

#include "ask.h"
#include "base/mem.h"
#include "relation.h"
#include "store/account.h"
#include "store/contact.h"
#include "json/json_out.h"

#define CHUNK 64 /* users asked about at once */

void contact_json(struct buf *out, const char *key, str username, str display_name,
                  const char *state)
{
    json_open(out, key, '{');
    json_put_str(out, "username", username);
    json_put_str(out, "display_name", display_name);
    if (state != NULL)
        json_put_str(out, "state", str_of(state));
    json_close(out, '}');
}

static int by_name(const void *a, const void *b)
{
    const str x = ((const struct contact_item *)a)->peer;
    const str y = ((const struct contact_item *)b)->peer;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

    return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

static bool is_contact(int mask)
{
    return contact_state(mask) != NULL;
}

static bool is_blocked(int mask)
{
    return mask & CONTACT_BLOCKS;
}

/* Those of the list that are meant, sorted: free() it. */
static struct contact_item *pick(const struct redisReply *list, bool (*is_meant)(int mask),
                                 size_t *n_out)
{
    size_t n = contact_list_count(list);
    struct contact_item *items = mem_array(NULL, n + 1, sizeof *items);

    *n_out = 0;
    for (size_t i = 0; i < n; i++) {
        struct contact_item item = contact_list_item(list, i);
        if (is_meant(item.mask))
            items[(*n_out)++] = item;
    }
    qsort(items, *n_out, sizeof *items, by_name);
    return items;
}

static enum err put_chunk(struct buf *out, str user, struct redis_command *commands,
                          const struct contact_item *items, size_t n)
{
    struct redisReply *names[CHUNK];

    for (size_t i = 0; i < n; i++)
        account_display_name(&commands[i], items[i].peer);
    if (redis_pipeline(commands, n, names) != OK)
        return ERR_UNAVAILABLE;
    for (size_t i = 0; i < n; i++) {
        if (reply_is_nil(names[i]))
            relation_forget(user, items[i].peer);
        else
            contact_json(out, NULL, items[i].peer, reply_str(names[i]),
                         contact_state(items[i].mask));
    }
    replies_free(names, n);
    return OK;
}

static enum err put_list(struct buf *out, const char *key, str user, const struct redisReply *list,
                         bool (*is_meant)(int mask))
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    size_t n;
    struct contact_item *items = pick(list, is_meant, &n);
    enum err err = OK;

    json_open(out, key, '[');
    for (size_t from = 0; from < n && err == OK; from += CHUNK)
        err = put_chunk(out, user, commands, items + from, n - from < CHUNK ? n - from : CHUNK);
    json_close(out, ']');
    free(items);
    free(commands);
    return err;
}

enum err contacts_json(struct buf *out, str user, const struct redisReply *list)
{
    return put_list(out, "contacts", user, list, is_contact);
}

enum err blocks_json(struct buf *out, str user, const struct redisReply *list)
{
    return put_list(out, "blocks", user, list, is_blocked);
}
