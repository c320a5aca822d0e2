/* How fast a connection is read from: requests of its own that wait for Redis, rates of frames, and what happens to those
 * who take no notice of a rate. */
#ifndef CHATAPP_CONN_CONN_PACE_H
#define CHATAPP_CONN_CONN_PACE_H

#include "conn/conn_base.h"

/* Answers `rate_limited`. Who takes no notice is not read from for a while: refusing costs as much as serving. */
void conn_refuse(struct conn *conn, str id, const char *message);
/* Counts a frame that has no rate of its own (or is no good); false: over the rate, and refused. */
bool conn_allows_frame(struct conn *conn, str id);
/* Reads again from those; every 100 ms. */
void conn_unthrottle(struct conn_server *server);

/* A request of the connection goes to Redis, and has come back (the connection may be gone by then). Too much under way,
 * and it is not read from. */
#define CONN_LOAD_SMALL 1
#define CONN_LOAD_PAGE 16
void conn_load(struct conn *conn, uint32_t load);
void conn_unload(struct conn_server *server, struct conn_ref ref, uint32_t load);

#endif
