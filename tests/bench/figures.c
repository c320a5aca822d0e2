#include "figures.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define US_PER_MS 1000.0

void figure(const char *name, double value)
{
    (void)printf("%s %.10g\n", name, value);
    (void)fflush(stdout);
}

void figure_text(const char *name, const char *value)
{
    (void)printf("%s %s\n", name, value);
    (void)fflush(stdout);
}

static void figure_quantile(const char *name, const char *suffix, uint64_t us)
{
    char full[64];
    (void)snprintf(full, sizeof full, "%s_%s_ms", name, suffix);
    figure(full, (double)us / US_PER_MS);
}

void figure_latency(const char *name, const struct histogram *h)
{
    figure_quantile(name, "p50", histogram_quantile(h, 0.50));
    figure_quantile(name, "p99", histogram_quantile(h, 0.99));
    figure_quantile(name, "max", h->max);
}

void note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("bench: failed: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}
