/* Rate limits by name: what somebody has used up is remembered after they have gone, until it would be free again
 * anyway. Pure. */
#ifndef CHATAPP_BASE_RATE_BOOK_H
#define CHATAPP_BASE_RATE_BOOK_H

#include "base/map.h"
#include "base/rate.h"

struct rate_book {
    struct map entries;
    size_t purge_at; /* entries */
};

/* As rate_allow(), for `name`. */
bool rate_book_allow(struct rate_book *book, str name, int64_t per_minute, int64_t now_us);
void rate_book_fini(struct rate_book *book);

#endif
