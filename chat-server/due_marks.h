/* Conversations are marked before they are written to, so that whoever sends pushes looks at them (store/due.h says why
 * no message is missed). A room remembers its mark for a while, as long as the connection to Redis lasts. */
#ifndef CHATAPP_CHAT_DUE_MARKS_H
#define CHATAPP_CHAT_DUE_MARKS_H

#include "base/map.h"

struct server;

struct due_marks {
    uint32_t
        connection;    /* the number of the one to Redis: marks over an earlier one do not count */
    struct map unsure; /* conversations to be marked again, by id */
};

void due_marks_register_metrics(void);
/* Right before the append is sent. */
void due_marks_before(struct server *server, str conversation);
/* Nobody knows whether an append was stored. */
void due_marks_unsure(struct server *server, str conversation);
/* Redis is there, over a new connection. */
void due_marks_up(struct server *server);
/* Several times a second. */
void due_marks_tick(struct server *server);
void due_marks_fini(struct due_marks *marks);

#endif
