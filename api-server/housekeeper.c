#include "housekeeper.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/rounds.h"
#include "erasing.h"

#define ROUND_MS 2000
#define ERASING_MS 60000

struct housekeeper {
    struct api *api;
    struct rounds *rounds;
    int64_t erasing_due_ms;
};

static int64_t make_round(void *context)
{
    struct housekeeper *h = context;

    api_keys_refresh(h->api->keys);
    if (api_keys_published(h->api->keys) && clock_mono_ms() >= h->erasing_due_ms) {
        erasing_finish_all(h->api);
        h->erasing_due_ms = clock_mono_ms() + ERASING_MS;
    }
    return ROUND_MS;
}

struct housekeeper *housekeeper_start(struct api *api)
{
    struct housekeeper *h = mem_zalloc(sizeof *h);

    h->api = api;
    h->rounds = rounds_start(make_round, h);
    return h;
}

void housekeeper_stop(struct housekeeper **housekeeper)
{
    struct housekeeper *h = *housekeeper;

    *housekeeper = NULL;
    rounds_stop(&h->rounds);
    free(h);
}
