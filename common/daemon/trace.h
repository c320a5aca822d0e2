/* What a request is called, so that what several daemons log for its sake can be put together: the id of X-Request-Id,
 * and the trace of W3C Trace Context (traceparent). Both are the client's own when they are well-formed, else new.
 *
 *     trace_begin(&trace, request_id, traceparent);
 *     trace_enter(&trace) … what this thread logs says so … trace_leave()
 *
 * Thread-safe. */
#ifndef CHATAPP_DAEMON_TRACE_H
#define CHATAPP_DAEMON_TRACE_H

#include "base/str.h"

#define TRACE_REQUEST_MAX 64
#define TRACE_ID_LEN 32
#define TRACE_PARENT_LEN 55

struct trace {
    char request[TRACE_REQUEST_MAX + 1]; /* 1 to 64 of [A-Za-z0-9._-] */
    char id[TRACE_ID_LEN + 1];           /* hexadecimal digits, not all zero */
    char flags[3];                       /* two more; 01: sampled */
};

/* A trace that lives long, in 16 bytes if the client has named none: the new names are made from a number. One thread's. */
struct trace_ref {
    struct trace_given *given; /* the client's, shared with copies; NULL: none */
    uint64_t number;           /* 0: about nothing */
};

/* Fills in the names; STR_NONE for a header that did not come. No system call. */
void trace_begin(struct trace *trace, str request_id, str traceparent);
/* traceparent of what is asked of others for this request's sake: the same trace, a span of its own. */
void trace_parent(const struct trace *trace, char text_out[TRACE_PARENT_LEN + 1]);

struct trace_ref trace_ref_new(str request_id, str traceparent);
/* What this thread is about, if it was entered by a reference, for what goes on later: a copy, to fini. */
struct trace_ref trace_ref_current(void);
void trace_ref_fini(struct trace_ref *ref);
void trace_ref_get(const struct trace_ref *ref, struct trace *trace_out);

/* Until trace_leave(), all that this thread logs names the request. Keeps the pointer. */
void trace_enter(const struct trace *trace);
void trace_enter_ref(const struct trace_ref *ref);
/* In between it is about something else, or nothing. Returns what to switch back to. */
const struct trace_ref *trace_switch_ref(const struct trace_ref *ref);
void trace_leave(void);
/* For the log: what this thread is about, or false. */
bool trace_current(struct trace *trace_out);

#endif
