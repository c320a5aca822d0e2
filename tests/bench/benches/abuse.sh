# shellcheck shell=bash
# What others notice of clients that misbehave: the p99 of direct messages beside them and, right before, without them.
# One that never reads is compared with one that reads the same.

readonly ABUSES=(sends pings garbage silent half-hands half-frames bytes slow-bytes reads never-reads)

abuse_once()
{
    local kind
    for kind in "${ABUSES[@]}"; do
        start_servers --rate-send 3000 --rate-frames 60000
        generate "abuse_$kind" bench_abuse --kind "$kind" --chat "$(at chat)" --api "$(api_url)" \
            --pid "${pid[chat]}" --seconds "$SECONDS_EACH"
        end_all
    done
}

# abuse_row LABEL KIND
abuse_row()
{
    called[abuse_$2]=alone
    row "ack p99 ms beside $1" "abuse_$2" ack_p99_ms "abuse_$2" alone_ack_p99_ms 'ratio <= 2'
    row '  delivery p99 ms' "abuse_$2" delivery_p99_ms "abuse_$2" alone_delivery_p99_ms
    row '  server memory grown by KiB' "abuse_$2" grown_kib
}

abuse_rows()
{
    abuse_row 'one that sends at full speed' sends
    abuse_row 'one that pings at full speed' pings
    abuse_row 'one that sends garbage at full speed' garbage
    abuse_row '500 that say nothing' silent
    abuse_row '500 half handshakes' half-hands
    abuse_row '100 half frames' half-frames
    abuse_row 'one that sends byte by byte' bytes
    abuse_row '100 that send a byte now and then' slow-bytes
    called[abuse_reads]='all read'
    row 'ack p99 ms beside 7 that never read' abuse_never-reads ack_p99_ms abuse_reads ack_p99_ms 'ratio <= 2'
    row '  delivery p99 ms' abuse_never-reads delivery_p99_ms abuse_reads delivery_p99_ms
    row '  server memory grown by KiB' abuse_never-reads grown_kib abuse_reads grown_kib
}
