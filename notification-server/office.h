/* The office: the thread that delivers. It has a loop of its own with a connection to Redis and the courier, and takes,
 * sends and settles by itself. The HTTP side hands nothing over to it but a wake-up: what it accepts is in Redis, from
 * where any server's office takes it, so that there is one way only, which a restart goes too. */
#ifndef CHATAPP_NOTIFICATION_OFFICE_H
#define CHATAPP_NOTIFICATION_OFFICE_H

#include "channel_env.h"
#include "notification_settings.h"

struct office;

/* Starts the thread. Keeps both. It takes nothing before office_begin(). */
struct office *office_open(const struct notification_settings *settings,
                           const struct channel_env *env);
/* Thread-safe: the channels have what they need. Harmless when repeated. */
void office_begin(struct office *office);
/* Thread-safe: there is something new. */
void office_wake(struct office *office);
/* Thread-safe: is it connected to Redis, and has it begun? */
bool office_is_ready(const struct office *office);
/* Thread-safe: takes nothing new, and gives back what has not been sent. */
void office_drain(struct office *office);
/* Lets what is under way end until then (clock_mono_ms()), gives the rest back, and ends the thread. *office is NULL
 * afterwards. */
void office_close(struct office **office, int64_t until_ms);

#endif
