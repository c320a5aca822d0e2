#include "crowd.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"

#define ROOM_MEMBERS 10
#define TURN_MS 50

struct crowd {
    struct accounts *accounts;
    struct fleet *fleet;
    size_t per_user;
};

static const char *token_of(void *context, size_t client)
{
    const struct crowd *crowd = context;
    return account_at(crowd->accounts, client / crowd->per_user)->token;
}

static void ignore(void *context, size_t client, str text, int64_t now_us)
{
    (void)context;
    (void)client;
    (void)text;
    (void)now_us;
}

static void make_rooms(struct accounts *accounts, size_t users)
{
    for (size_t first = 0; first < users; first += ROOM_MEMBERS) {
        size_t n = users - first < ROOM_MEMBERS ? users - first : ROOM_MEMBERS;
        (void)accounts_make_room(accounts, first, n);
        if (first / ROOM_MEMBERS % 2 == 1)
            (void)accounts_make_room(accounts, first, n);
    }
}

struct crowd *crowd_new(const char *api_url, const struct addresses *servers, size_t n,
                        size_t per_user, size_t sources)
{
    struct crowd *crowd = mem_zalloc(sizeof *crowd);
    size_t users = (n + per_user - 1) / per_user;

    crowd->per_user = per_user;
    crowd->accounts = accounts_new(api_url, users);
    make_rooms(crowd->accounts, users);
    crowd->fleet = fleet_new(&(struct fleet_options){.servers = *servers,
                                                     .clients = n,
                                                     .source_addresses = sources,
                                                     .token = token_of,
                                                     .on_text = ignore,
                                                     .context = crowd});
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    fleet_free(crowd->fleet);
    accounts_free(crowd->accounts);
    free(crowd);
}

void crowd_sign_in(struct crowd *crowd)
{
    fleet_sign_in(crowd->fleet);
}

void crowd_wait(struct crowd *crowd, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;

    do
        fleet_turn(crowd->fleet, ms > 0 ? TURN_MS : 0);
    while (clock_mono_ms() < end);
}
