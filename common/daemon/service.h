/* What systemd wants to hear from a service of Type=notify (sd_notify(3)), said without its library. Nothing happens
 * when nobody asks ($NOTIFY_SOCKET is not set), and in a worker: the process that systemd started speaks for all. */
#ifndef CHATAPP_DAEMON_SERVICE_H
#define CHATAPP_DAEMON_SERVICE_H

void service_ready(void); /* it listens */
void service_stopping(void);

#endif
