/* SIGTERM and SIGINT, for daemons whose main thread has nothing else to do. */
#ifndef CHATAPP_HTTP_STOP_SIGNAL_H
#define CHATAPP_HTTP_STOP_SIGNAL_H

/* Before any thread is made, so that all of them leave these signals to stop_signal_wait(). */
void stop_signal_block(void);
/* Returns when one has come. */
void stop_signal_wait(void);

#endif
