#ifndef CHATAPP_NOTIFICATION_ACCEPT_H
#define CHATAPP_NOTIFICATION_ACCEPT_H

/* Registers what POST /notify counts. At start. */
void accept_metrics_setup(void);

#endif
