#include "load.h"

#include "base/clock.h"
#include "figures.h"

#define MS_PER_S 1000
#define TURN_MS 10

void load_acked(struct load *load, int64_t took_us)
{
    load->acked++;
    if (load->measuring)
        histogram_add(&load->ack, took_us);
}

void load_delivered(struct load *load, int64_t took_us)
{
    load->delivered++;
    if (load->measuring)
        histogram_add(&load->delivery, took_us);
}

void load_measure(struct load *load, struct meter *meter, long seconds)
{
    int64_t acked = load->acked;
    int64_t delivered = load->delivered;

    meter_start(meter);
    load->measuring = true;
    fleet_turn_for(load->fleet, seconds);
    load->measuring = false;

    double messages = (double)(load->acked - acked);
    double deliveries = (double)(load->delivered - delivered);
    double elapsed_s = meter_stop(meter, "message", messages);
    meter_also(meter, "delivery", deliveries);
    figure("messages_per_s", messages / elapsed_s);
    figure("deliveries_per_s", deliveries / elapsed_s);
    figure_latency("ack", &load->ack);
    figure_latency("delivery", &load->delivery);
}

void load_drain(struct load *load, long seconds)
{
    int64_t deadline = clock_mono_ms() + seconds * MS_PER_S;

    while (load->acked < load->sent || load->delivered < load->sent * load->receivers) {
        if (clock_mono_ms() > deadline)
            die("of %ld messages %ld were acked, %ld delivered to %ld connections each", load->sent,
                load->acked, load->delivered, load->receivers);
        fleet_turn(load->fleet, TURN_MS);
    }
}
