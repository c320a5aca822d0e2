/* What presence-servers tell each other of their users, on the channel `presence`, beside the bells of
 * store/presence_bell.h:
 *
 *     D <node> <number>                                  news, counted from 1; a number left out was lost
 *     <user> <version> <status letter> <time> <text>     a line for each user; the text may be empty
 *     Q <node>                                           goodbye: it has drained
 *
 * The same words, without the user, are the value of the field <node> in `u:{NAME}:presence`. Pure. */
#ifndef CHATAPP_PRESENCE_NEWS_H
#define CHATAPP_PRESENCE_NEWS_H

#include "base/buf.h"
#include "base/err.h"
#include "status.h"

struct news {
    str user;
    int64_t version;
    enum status status;
    int64_t time_ms; /* since when; of who is offline: last seen */
    str text;        /* empty: none */
};

/* Appends the first line, and a line for a user. */
void news_begin(struct buf *out, str node, int64_t number);
void news_add(struct buf *out, const struct news *news);
/* The value that Redis keeps, of which `user` is no part. */
void news_value(struct buf *out, const struct news *news);
MUST_USE enum err news_value_parse(str text, struct news *news_out);

/* ERR_INVALID: no news. *lines_out is for news_next(). Borrows. */
MUST_USE enum err news_parse(str text, str *node_out, int64_t *number_out, str *lines_out);
/* The next line that is good; false: there is none. */
bool news_next(str *lines, struct news *news_out);

void goodbye(struct buf *out, str node);
MUST_USE enum err goodbye_parse(str text, str *node_out);

#endif
