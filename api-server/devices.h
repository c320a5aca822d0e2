/* The caller's devices as JSON. */
#ifndef CHATAPP_API_DEVICES_H
#define CHATAPP_API_DEVICES_H

#include "base/buf.h"
#include "own_devices.h"

/* "devices":[…], without their secrets. */
void devices_json(struct buf *out, const struct own_devices *devices);

#endif
