/* One thread that looks after what must be so again after any failure: the public keys are in Redis, and erasures
 * that were begun are finished. */
#ifndef CHATAPP_API_HOUSEKEEPER_H
#define CHATAPP_API_HOUSEKEEPER_H

#include "api.h"

struct housekeeper;

struct housekeeper *housekeeper_start(struct api *api);
void housekeeper_stop(struct housekeeper **housekeeper);

#endif
