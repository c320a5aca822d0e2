#include "daemon/trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/ids.h"
#include "base/mem.h"

#define PREFIX_LEN (ID_LEN / 2)
#define SPAN_LEN 16
#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

/* Of this process: a system call for each request would cost more than all else that is done for its name. */
static struct {
    char prefix[PREFIX_LEN + 1];
    uint64_t seed;
} own;

static _Atomic uint64_t counter = 1; /* a reference's 0 means: none */

struct trace_given {
    struct trace trace;
    size_t references;
};

static void choose_own(void)
{
    struct id random = id_new();

    memcpy(own.prefix, random.text, PREFIX_LEN);
    own.prefix[PREFIX_LEN] = '\0';
    memcpy(&own.seed, random.text + PREFIX_LEN, sizeof own.seed);
}

/* A fork has the same numbers as its parent: whoever forks does so before it serves anybody. */
static uint64_t next_number(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, choose_own);
    return atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
}

/* SplitMix64: a number that looks random, from a seed and the place in its sequence. */
static uint64_t mix(uint64_t place)
{
    uint64_t z = own.seed + (place + 1) * GOLDEN;

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* ---- new names ---- */

static void name_request(struct trace *trace, uint64_t number)
{
    size_t n = PREFIX_LEN;

    memcpy(trace->request, own.prefix, n);
    trace->request[n++] = '-';
    n += decimal_write(trace->request + n, (int64_t)number);
    trace->request[n] = '\0';
}

/* Not all zero: the two halves are different numbers of one sequence that has each number once. */
static void name_trace(struct trace *trace, uint64_t number)
{
    (void)snprintf(trace->id, sizeof trace->id, "%016llx%016llx",
                   (unsigned long long)mix(2 * number), (unsigned long long)mix(2 * number + 1));
    memcpy(trace->flags, "00", sizeof trace->flags);
}

/* ---- the client's ---- */

static bool is_request_id(str id)
{
    if (id.n == 0 || id.n > TRACE_REQUEST_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static bool is_hex(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f')))
            return false;
    return true;
}

static bool is_zero(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '0')
            return false;
    return true;
}

/* version "-" trace "-" span "-" flags; a later version than 00 may have more behind it. */
static bool read_parent(str text, struct trace *trace)
{
    enum { ID_AT = 3, SPAN_AT = ID_AT + TRACE_ID_LEN + 1, FLAGS_AT = SPAN_AT + SPAN_LEN + 1 };
    enum { VERSION_LEN = 2, FLAGS_LEN = 2 };

    if (text.n < TRACE_PARENT_LEN || text.n > 2 * TRACE_PARENT_LEN)
        return false;
    str version = str_from(text.p, VERSION_LEN);
    str id = str_from(text.p + ID_AT, TRACE_ID_LEN);
    str span = str_from(text.p + SPAN_AT, SPAN_LEN);
    str flags = str_from(text.p + FLAGS_AT, FLAGS_LEN);
    bool is_first = str_eq(version, STR("00"));
    if (!is_hex(version) || !is_hex(id) || !is_hex(span) || !is_hex(flags) || is_zero(id) ||
        is_zero(span) || text.p[ID_AT - 1] != '-' || text.p[SPAN_AT - 1] != '-' ||
        text.p[FLAGS_AT - 1] != '-' || str_eq(version, STR("ff")))
        return false;
    if (text.n > TRACE_PARENT_LEN && (is_first || text.p[TRACE_PARENT_LEN] != '-'))
        return false;
    memcpy(trace->id, id.p, id.n);
    trace->id[id.n] = '\0';
    memcpy(trace->flags, flags.p, flags.n);
    trace->flags[flags.n] = '\0';
    return true;
}

/* True: at least one of them was good. */
static bool begin(struct trace *trace, str request_id, str traceparent, uint64_t number)
{
    bool named = is_request_id(request_id);
    bool traced = read_parent(traceparent, trace);

    if (named) {
        memcpy(trace->request, request_id.p, request_id.n);
        trace->request[request_id.n] = '\0';
    } else {
        name_request(trace, number);
    }
    if (!traced)
        name_trace(trace, number);
    return named || traced;
}

void trace_begin(struct trace *trace, str request_id, str traceparent)
{
    (void)begin(trace, request_id, traceparent, next_number());
}

void trace_parent(const struct trace *trace, char text_out[TRACE_PARENT_LEN + 1])
{
    uint64_t span = mix(2 * next_number());

    (void)snprintf(text_out, TRACE_PARENT_LEN + 1, "00-%s-%016llx-%s", trace->id,
                   (unsigned long long)(span ? span : 1), trace->flags);
}

/* ---- those that live long ---- */

struct trace_ref trace_ref_new(str request_id, str traceparent)
{
    struct trace_ref ref = {.number = next_number()};
    struct trace trace;

    if (begin(&trace, request_id, traceparent, ref.number)) {
        ref.given = mem_alloc(sizeof *ref.given);
        *ref.given = (struct trace_given){trace, 1};
    }
    return ref;
}

void trace_ref_fini(struct trace_ref *ref)
{
    if (ref->given != NULL && --ref->given->references == 0)
        free(ref->given);
    *ref = (struct trace_ref){0};
}

void trace_ref_get(const struct trace_ref *ref, struct trace *trace_out)
{
    if (ref->given != NULL)
        *trace_out = ref->given->trace;
    else
        (void)begin(trace_out, STR_NONE, STR_NONE, ref->number);
}

/* ---- what a thread is about ---- */

static _Thread_local const struct trace *about;
static _Thread_local const struct trace_ref *about_ref;

void trace_enter(const struct trace *trace)
{
    about = trace;
}

void trace_enter_ref(const struct trace_ref *ref)
{
    about_ref = ref;
}

const struct trace_ref *trace_switch_ref(const struct trace_ref *ref)
{
    const struct trace_ref *before = about_ref;

    about_ref = ref;
    return before;
}

struct trace_ref trace_ref_current(void)
{
    if (about_ref == NULL)
        return (struct trace_ref){0};
    if (about_ref->given != NULL)
        about_ref->given->references++;
    return *about_ref;
}

void trace_leave(void)
{
    about = NULL;
    about_ref = NULL;
}

bool trace_current(struct trace *trace_out)
{
    if (about != NULL)
        *trace_out = *about;
    else if (about_ref != NULL && about_ref->number != 0)
        trace_ref_get(about_ref, trace_out);
    else
        return false;
    return true;
}
