#include "changed.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "frames_out.h"
#include "store/conversation.h"

struct change {
    struct server *server;
    struct user *user; /* held */
    struct conversation_id conversation;
};

static void tell(const struct change *change, const struct conversation_view *view)
{
    struct buf text = {0};

    frame_out_conversation(&text, str_of(change->conversation.text), view, clock_wall_ms());
    struct frame *frame = frame_text(buf_view(&text));
    (void)conn_send_to_user(change->user, frame, NULL);
    frame_unref(frame);
    buf_fini(&text);
}

static void viewed(void *context, const struct redisReply *reply)
{
    struct change *change = context;
    struct conversation_view view;

    if (conversation_viewed(reply, &view) == OK)
        tell(change, &view);
    hub_release_user(&change->server->hub, change->user);
    free(change);
}

void conversation_changed(struct server *server, struct user *user, str conversation)
{
    struct redis_command c;
    struct change *change = mem_zalloc(sizeof *change);

    *change = (struct change){.server = server, .user = user};
    memcpy(change->conversation.text, conversation.p, conversation.n);
    user->holds++;
    conversation_view(&c, conversation, username_view(&user->name), STR(""));
    if (redis_send(server->redis, &c, viewed, change) != OK)
        viewed(change, NULL);
}
