/* What the kernel knows of this process, as the metrics every Prometheus client library has:
 * process_start_time_seconds, process_resident_memory_bytes, process_cpu_seconds_total,
 * process_open_fds, process_max_fds. */
#ifndef CHATAPP_DAEMON_PROCESS_H
#define CHATAPP_DAEMON_PROCESS_H

#include "base/buf.h"

/* Leaves out what cannot be learnt just now, as when no file descriptor is left. */
void process_render(struct buf *out);

#endif
