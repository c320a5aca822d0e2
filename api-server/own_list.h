/* Users' own lists of conversations. A list is in another slot than the conversation, so the two are never changed in
 * one step. What holds instead: a conversation is put on the list before its user becomes a member, and again
 * afterwards; whoever takes one off looks for the member afterwards, and puts it back. So a stale entry may be left,
 * which does no harm, but never a member whose list lacks the conversation. */
#ifndef CHATAPP_API_OWN_LIST_H
#define CHATAPP_API_OWN_LIST_H

#include "base/str.h"
#include "base/username.h"

/* Takes `conversation` off the lists of those of the `n` users who are no members. What cannot be done now is done
 * when the list is next read. */
void own_list_drop(str conversation, const struct username *users, size_t n);

#endif
