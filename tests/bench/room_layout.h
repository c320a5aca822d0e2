/* Which clients are in which of many rooms of one size: neighbours, and the rooms spread evenly, so that they overlap
 * when there are more than fit side by side. Message `number` goes to room number % rooms. Pure. */
#ifndef CHATAPP_BENCH_ROOM_LAYOUT_H
#define CHATAPP_BENCH_ROOM_LAYOUT_H

#include <stddef.h>

struct room_layout {
    size_t clients;
    size_t rooms;
    size_t members; /* of each room, at most as many as clients */
};

/* The first of the room's members; the others follow it. */
static inline size_t room_first(const struct room_layout *layout, size_t room)
{
    size_t last = layout->clients - layout->members;
    return layout->rooms > 1 ? room * last / (layout->rooms - 1) : 0;
}

#endif
