/* The handlers of the route table (router.c), grouped by the files they are in. */
#ifndef CHATAPP_API_HANDLERS_H
#define CHATAPP_API_HANDLERS_H

#include "http/http_request.h"
#include "http/http_response.h"

#define HANDLER(name) void name(struct http_request *request, struct http_response *response)

/* signup.c */
HANDLER(signup_check);
HANDLER(signup_undo);
HANDLER(signup);
/* login.c */
HANDLER(login_check);
HANDLER(login_undo);
HANDLER(login);
/* sessions.c */
HANDLER(token_refresh);
HANDLER(logout);
HANDLER(sessions_list);
HANDLER(sessions_end);
/* verify_password.c */
HANDLER(confirm_undo);
/* profile.c */
HANDLER(profile_get);
HANDLER(profile_change);
/* password_change.c */
HANDLER(password_change_check);
HANDLER(password_change);
/* erase.c */
HANDLER(erase_check);
HANDLER(erase);
/* export.c */
HANDLER(export_profile);
/* users.c */
HANDLER(users_get);
HANDLER(users_search);
/* contacts.c */
HANDLER(contacts_list);
HANDLER(contacts_put);
HANDLER(contacts_remove);
HANDLER(blocks_list);
HANDLER(blocks_put);
HANDLER(blocks_remove);
/* conversation_list.c, conversation_details.c, rooms.c */
HANDLER(conversations_list);
HANDLER(conversations_get);
HANDLER(rooms_create);
HANDLER(rooms_rename);
/* members.c */
HANDLER(members_put);
HANDLER(members_remove);
HANDLER(members_mute);
/* messages.c */
HANDLER(messages_page);
/* servers.c */
HANDLER(servers_get);
/* gateway.c */
HANDLER(gateway_check);
HANDLER(gateway_read);
HANDLER(gateway_notify);
HANDLER(gateway_act);
/* devices.c */
HANDLER(devices_list);
HANDLER(devices_register);
HANDLER(devices_remove);
HANDLER(devices_vapid);
/* web.c: what no route has */
HANDLER(web_get);
/* jwks.c */
HANDLER(jwks_get);

#endif
