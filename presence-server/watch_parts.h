/* What watch.c asks of watch_parts.c; everybody else knows watch.h. */
#ifndef CHATAPP_PRESENCE_WATCH_PARTS_H
#define CHATAPP_PRESENCE_WATCH_PARTS_H

#include "watch.h"

/* Frees all parts. */
void parts_drop(struct subject *subject);
/* Nobody watches it any more: what it is will have to be asked again. News heard during a read count at its end. */
void parts_forget(struct subject *subject);

#endif
