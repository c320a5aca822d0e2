#include "bells.h"

#include "changed.h"
#include "daemon/log.h"
#include "delivery.h"
#include "epoch.h"
#include "joining.h"
#include "leaving.h"
#include "markers.h"
#include "store/bell.h"
#include "store/keys.h"
#include "typing.h"

/* The room that a bell is about. When nobody of it is here, this server is still registered for it by mistake. */
static struct room *room_of(struct server *server, const struct bell *bell)
{
    struct room *room = hub_room(&server->hub, bell->conversation);

    if (room == NULL)
        leaving_conversation(server->leaving, bell->conversation);
    return room;
}

static void appended(struct server *server, const struct bell *bell)
{
    struct room *room = room_of(server, bell);
    struct record record;

    if (room == NULL || record_parse(bell->record, &record) != OK)
        return;
    if (!room->live)
        room->heard = record.seq > room->heard ? record.seq : room->heard;
    else
        deliver_record(server, room, &record, ORIGIN_NONE);
}

static void changed(struct server *server, const struct bell *bell)
{
    const struct room *room = room_of(server, bell);

    for (uint32_t i = 0; room != NULL && i < room->subscriptions_n; i++)
        conversation_changed(server, room->subscriptions[i]->user, bell->conversation);
}

static void user_joined(struct server *server, const struct bell *bell)
{
    struct user *user = hub_user(&server->hub, bell->user);

    if (user == NULL)
        leaving_user(server->leaving, bell->user);
    else if (conversation_id_is_valid(bell->conversation))
        joining_begin(server, user, bell->conversation, bell->seq);
}

static void marker_moved(struct server *server, const struct bell *bell)
{
    const struct room *room = room_of(server, bell);

    if (room != NULL)
        deliver_receipt(room, bell);
}

static void own_marker_moved(struct server *server, const struct bell *bell)
{
    const struct room *room = room_of(server, bell);
    const struct user *user = hub_user(&server->hub, bell->user);

    if (room != NULL && user != NULL)
        deliver_own_receipt(user, bell);
}

static void typing(struct server *server, const struct bell *bell)
{
    const struct room *room = room_of(server, bell);

    if (room != NULL)
        deliver_typing(room, bell->user, bell->active, NULL);
}

void bells_message(struct server *server, str channel, str payload)
{
    struct bell bell;

    if (str_eq(channel, STR(CHANNEL_ENDED))) {
        ended_look(server->conns.ended);
        epoch_read(server); /* the same channel tells of a new one */
        return;
    }
    if (bell_parse(payload, &bell) != OK) {
        log_warn("a bell that nobody knows", F_STR("channel", channel));
        return;
    }
    switch (bell.kind) {
    case BELL_LOG: appended(server, &bell); break;
    case BELL_JOINED: user_joined(server, &bell); break;
    case BELL_CHANGED: changed(server, &bell); break;
    case BELL_MARKER: marker_moved(server, &bell); break;
    case BELL_OWN_MARKER: own_marker_moved(server, &bell); break;
    case BELL_TYPING: typing(server, &bell); break;
    }
}
