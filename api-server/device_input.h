/* A registration's body, read as its channel says. Pure, but for the secrets that channels make. */
#ifndef CHATAPP_API_DEVICE_INPUT_H
#define CHATAPP_API_DEVICE_INPUT_H

#include "channel.h"
#include "json/json_in.h"

struct device_input {
    bool allow_private_urls; /* given, as user and now_ms are */
    str user;
    int64_t now_ms;
    const struct channel *channel;
    struct device device; /* views into the body, id and made */
    struct id id;
    struct buf made;        /* a value that was made here … */
    const char *made_field; /* … and the field it is of, or NULL */
    struct buf number;      /* a number that was given, as text */
};

/* A bad field is marked in *in. device_input_fini() in any case. */
void device_input_read(struct json_in *in, struct device_input *input);
void device_input_fini(struct device_input *input);

#endif
