#include "daemon/metrics.h"

#include "daemon/process.h"

#define FIRST_BOUND_US 100
#define US_PER_S 1000000

/* The registry. */
static struct metric *metrics;
static struct histogram *histograms;

void metric_register(struct metric *metric)
{
    struct metric **end = &metrics;

    while (*end != NULL)
        end = &(*end)->next;
    *end = metric;
}

void histogram_register(struct histogram *histogram)
{
    struct histogram **end = &histograms;

    while (*end != NULL)
        end = &(*end)->next;
    *end = histogram;
}

void histogram_observe_us(struct histogram *histogram, int64_t us)
{
    int64_t bound = FIRST_BOUND_US;
    size_t i = 0;

    if (us < 0)
        us = 0;
    for (; i < HISTOGRAM_BUCKETS && us > bound; i++)
        bound *= 2;
    atomic_fetch_add_explicit(&histogram->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, us, memory_order_relaxed);
}

/* Unless the one before, of the name `before`, was of the same family. */
static void render_head(struct buf *out, const char *before, const char *name, const char *help,
                        const char *type)
{
    if (before != NULL && str_eq(str_of(before), str_of(name)))
        return;
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* `name_suffix{labels} `, up to the value. */
static void render_name(struct buf *out, const char *name, const char *suffix, const char *labels)
{
    buf_printf(out, "%s%s", name, suffix);
    if (labels != NULL)
        buf_printf(out, "{%s}", labels);
    buf_add_char(out, ' ');
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
        render_name(out, m->name, "", m->labels);
        render_int(out, atomic_load_explicit(&m->value, memory_order_relaxed));
    }
}

/* Each bucket counts what the smaller ones do, too; the last is the count of all, so that both agree
 * however much is observed meanwhile. */
static int64_t render_buckets(struct buf *out, struct histogram *h)
{
    int64_t bound = FIRST_BOUND_US;
    int64_t count = 0;

    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++, bound *= 2) {
        count += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        buf_printf(out, "%s_bucket{", h->name);
        if (h->labels != NULL)
            buf_printf(out, "%s,", h->labels);
        if (i < HISTOGRAM_BUCKETS)
            buf_printf(out, "le=\"%g\"} ", (double)bound / US_PER_S);
        else
            buf_add_str(out, STR("le=\"+Inf\"} "));
        render_int(out, count);
    }
    return count;
}

static void render_histograms(struct buf *out)
{
    const char *before = NULL;

    for (struct histogram *h = histograms; h != NULL; before = h->name, h = h->next) {
        render_head(out, before, h->name, h->help, "histogram");
        int64_t count = render_buckets(out, h);
        int64_t sum = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
        render_name(out, h->name, "_sum", h->labels);
        buf_printf(out, "%lld.%06lld\n", (long long)(sum / US_PER_S), (long long)(sum % US_PER_S));
        render_name(out, h->name, "_count", h->labels);
        render_int(out, count);
    }
}

void metrics_render(struct buf *out)
{
    render_metrics(out);
    render_histograms(out);
    process_render(out);
}
