/* What a name, a text or an address that people enter must be like. Pure. Each returns NULL when it is, else why
 * not, as a static phrase that follows the field's name. */
#ifndef CHATAPP_API_PROFILE_RULES_H
#define CHATAPP_API_PROFILE_RULES_H

#include "base/str.h"

#define DISPLAY_NAME_MAX 64 /* characters */
#define ROOM_NAME_MAX 100   /* the same */
#define ABOUT_MAX 1024      /* bytes */
#define AVATAR_URL_MAX 512  /* the same */
#define DEVICE_MAX 64

/* 1 to 64 characters on one line, one of them to be seen, and none that turns or hides what stands around it. */
const char *display_name_problem(str text);
const char *room_name_problem(str text);  /* the same, up to 100 */
const char *about_problem(str text);      /* may have several lines */
const char *avatar_url_problem(str text); /* http(s)://… in plain ASCII */
const char *device_problem(str text);     /* may be empty */

#endif
