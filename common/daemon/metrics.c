#include "daemon/metrics.h"

#include <stdalign.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "daemon/process.h"

#define FIRST_BOUND_US 100
#define US_PER_S 1000000
#define CELLS 480
#define HISTOGRAM_CELLS (HISTOGRAM_BUCKETS + 2)
#define SLOT_ALIGN 128 /* a pair of cache lines: no worker's counting slows another's */
#define WORKER_LABEL_MAX 24

struct slot {
    alignas(SLOT_ALIGN) _Atomic int64_t cells[CELLS];
    _Atomic pid_t pid; /* of who counts in it; 0: nobody now */
};

/* The registry. */
static struct metric *metrics;
static struct histogram *histograms;
static unsigned cells_used = HISTOGRAM_CELLS; /* the first are for what is not registered */

static struct slot alone;
static struct slot *shared; /* NULL: this process is alone */
static size_t n_shared;

_Atomic int64_t *metric_cells = alone.cells;
bool metrics_on = true;

static unsigned take_cells(unsigned n)
{
    unsigned first = cells_used;

    cells_used += n;
    CHECK(cells_used <= CELLS);
    return first;
}

void metric_register(struct metric *metric)
{
    struct metric **end = &metrics;

    while (*end != NULL)
        end = &(*end)->next;
    *end = metric;
    metric->cell = take_cells(1);
}

void histogram_register(struct histogram *histogram)
{
    struct histogram **end = &histograms;

    while (*end != NULL)
        end = &(*end)->next;
    *end = histogram;
    histogram->cell = take_cells(HISTOGRAM_CELLS);
}

void histogram_observe_us(struct histogram *histogram, int64_t us)
{
    _Atomic int64_t *cells = &metric_cells[histogram->cell];
    int64_t bound = FIRST_BOUND_US;
    size_t i = 0;

    if (!metrics_on)
        return;
    if (us < 0)
        us = 0;
    for (; i < HISTOGRAM_BUCKETS && us > bound; i++)
        bound *= 2;
    atomic_fetch_add_explicit(&cells[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cells[HISTOGRAM_BUCKETS + 1], us, memory_order_relaxed);
}

/* --- Several processes ------------------------------------------------------------------------ */

bool metrics_share(size_t n)
{
    CHECK(shared == NULL);
    void *memory =
        mmap(NULL, n * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    shared = memory;
    n_shared = n;
    return true;
}

void metrics_count_in(size_t slot)
{
    CHECK(slot < n_shared);
    metric_cells = shared[slot].cells;
    atomic_store(&shared[slot].pid, getpid());
}

void metrics_clear(size_t slot)
{
    atomic_store(&shared[slot].pid, 0);
    for (size_t i = 0; i < CELLS; i++)
        atomic_store_explicit(&shared[slot].cells[i], 0, memory_order_relaxed);
}

void metrics_set_in(size_t slot, const struct metric *metric, int64_t value)
{
    atomic_store_explicit(&shared[slot].cells[metric->cell], value, memory_order_relaxed);
}

/* --- Rendering -------------------------------------------------------------------------------- */

/* Whose cells a line shows. */
struct source {
    const _Atomic int64_t *cells;
    char label[WORKER_LABEL_MAX]; /* worker="0", or "" */
};

static size_t n_sources(void)
{
    return shared != NULL ? n_shared : 1;
}

static struct source source_at(size_t i)
{
    struct source source = {.cells = shared != NULL ? shared[i].cells : alone.cells};

    if (shared != NULL)
        (void)snprintf(source.label, sizeof source.label, "worker=\"%zu\"", i);
    return source;
}

static int64_t cell_of(const struct source *source, unsigned cell)
{
    return atomic_load_explicit(&source->cells[cell], memory_order_relaxed);
}

/* Unless the one before, of the name `before`, was of the same family. */
static void render_head(struct buf *out, const char *before, const char *name, const char *help,
                        const char *type)
{
    if (before != NULL && str_eq(str_of(before), str_of(name)))
        return;
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* `name_suffix{labels} `, up to the value. Labels may be NULL or empty. */
static void render_name(struct buf *out, const char *name, const char *suffix,
                        const char *const labels[3])
{
    char before = '{';

    buf_printf(out, "%s%s", name, suffix);
    for (size_t i = 0; i < 3; i++) {
        if (labels[i] == NULL || labels[i][0] == '\0')
            continue;
        buf_add_char(out, before);
        buf_add_str(out, str_of(labels[i]));
        before = ',';
    }
    buf_add_str(out, before == ',' ? STR("} ") : STR(" "));
}

static void render_int(struct buf *out, int64_t value)
{
    buf_add_i64(out, value);
    buf_add_char(out, '\n');
}

static void render_metrics(struct buf *out)
{
    const char *before = NULL;

    for (struct metric *m = metrics; m != NULL; before = m->name, m = m->next) {
        render_head(out, before, m->name, m->help, m->kind == METRIC_COUNTER ? "counter" : "gauge");
        for (size_t i = 0; i < n_sources(); i++) {
            struct source source = source_at(i);
            render_name(out, m->name, "", (const char *[3]){source.label, m->labels});
            render_int(out, cell_of(&source, m->cell));
        }
    }
}

/* Each bucket counts what the smaller ones do, too; the last is the count of all, so that both agree
 * however much is observed meanwhile. */
static int64_t render_buckets(struct buf *out, const struct histogram *h,
                              const struct source *source)
{
    int64_t bound = FIRST_BOUND_US;
    int64_t count = 0;

    for (unsigned i = 0; i <= HISTOGRAM_BUCKETS; i++, bound *= 2) {
        char le[32] = "le=\"+Inf\"";
        if (i < HISTOGRAM_BUCKETS)
            (void)snprintf(le, sizeof le, "le=\"%g\"", (double)bound / US_PER_S);
        count += cell_of(source, h->cell + i);
        render_name(out, h->name, "_bucket", (const char *[3]){source->label, h->labels, le});
        render_int(out, count);
    }
    return count;
}

static void render_histogram(struct buf *out, const struct histogram *h,
                             const struct source *source)
{
    const char *const labels[3] = {source->label, h->labels};
    int64_t count = render_buckets(out, h, source);
    int64_t sum = cell_of(source, h->cell + HISTOGRAM_BUCKETS + 1);

    render_name(out, h->name, "_sum", labels);
    buf_printf(out, "%lld.%06lld\n", (long long)(sum / US_PER_S), (long long)(sum % US_PER_S));
    render_name(out, h->name, "_count", labels);
    render_int(out, count);
}

static void render_histograms(struct buf *out)
{
    const char *before = NULL;

    for (struct histogram *h = histograms; h != NULL; before = h->name, h = h->next) {
        render_head(out, before, h->name, h->help, "histogram");
        for (size_t i = 0; i < n_sources(); i++) {
            struct source source = source_at(i);
            render_histogram(out, h, &source);
        }
    }
}

static pid_t pid_at(size_t i)
{
    return shared != NULL ? atomic_load(&shared[i].pid) : getpid();
}

static void render_processes(struct buf *out)
{
    double value;

    for (size_t k = 0; k < PROCESS_FIGURES_N; k++) {
        const struct process_figure *figure = &PROCESS_FIGURES[k];
        const char *before = NULL;
        for (size_t i = 0; i < n_sources(); i++) {
            if (!process_look(pid_at(i), figure, &value))
                continue;
            struct source source = source_at(i);
            render_head(out, before, figure->name, figure->help, figure->type);
            render_name(out, figure->name, "", (const char *[3]){source.label});
            buf_printf(out, "%.15g\n", value);
            before = figure->name;
        }
    }
}

void metrics_render(struct buf *out)
{
    render_metrics(out);
    render_histograms(out);
    render_processes(out);
}
