#include "dispatch.h"

#include "history.h"
#include "markers.h"
#include "send.h"
#include "sync.h"
#include "typing.h"

/* Messages have a rate of their own, the user's. */
const struct frame_type CHAT_FRAMES[CHAT_FRAMES_N] = {
    {STR("send"), send_message, true},
    {STR("read"), move_read_marker, false},
    {STR("received"), move_received_marker, false},
    {STR("history"), send_history, false},
    {STR("sync"), sync_request, false},
    {STR("typing"), typing_request, false},
    {STR("ping"), conn_ping, false},
};
