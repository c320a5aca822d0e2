/* Whose presence the users of this server may see: their lists of contacts (store/contact.h), read when they sign in, when
 * a bell says that something has changed between two, and every half minute in case a bell was lost. What changes is told:
 * a `contact` frame for the state, `presence` for who has come into sight or gone out of it. */
#ifndef CHATAPP_PRESENCE_CONTACTS_H
#define CHATAPP_PRESENCE_CONTACTS_H

#include "server.h"

struct contacts;

struct contacts *contacts_open(struct server *server);
void contacts_close(struct contacts **contacts);

/* A list as Redis has it: contact_list(). */
void contacts_take(struct server *server, struct user *user, const struct redisReply *list);
/* What is between the two has changed. */
void contacts_changed(struct server *server, str user, str peer);
/* Those whom the user watches and who are not known: reads them, unless that is under way. */
void contacts_look_up(struct server *server, const struct user *user);
/* Bells may have been lost: reads all lists again, in a while. */
void contacts_all(struct contacts *contacts);

/* What the subject is has been read, for the first time; or could not be. */
void contacts_known(struct server *server, struct subject *subject);
void contacts_unknown(struct server *server, struct subject *subject);

#endif
