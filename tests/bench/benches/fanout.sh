# shellcheck shell=bash
# One room of 1,000 connections, 200 bytes a message; against Nchan, the Node.js design and one send() a delivery.
# In flight is a message until its ack (Nchan: until its sender has it), or, `whole`, until everybody has it.
called[send]='bare send()'

readonly WINDOWS=(8 64 8_whole 64_whole)

# fan_out NAME SERVERS WINDOW [flag]...
fan_out()
{
    local servers until=acked
    read -ra servers <<<"$2"
    [[ $3 != *_whole ]] || until=delivered
    generate "$1" bench_fanout --chat "$(at "${servers[@]}")" --server-pids "$(pids "${servers[@]}")" \
        --in-flight "${3%_whole}" --until "$until" --seconds "$SECONDS_EACH" "${@:4}"
}

# fan_outs SERVER [flag]...: as SERVER_8 and so on.
fan_outs()
{
    local window
    for window in "${WINDOWS[@]}"; do
        fan_out "$1_$window" "$1" "$window" "${@:2}"
    done
}

fanout_once()
{
    start_floor floor_send
    fan_out send floor 8
    end floor
    start_nchan
    fan_outs nchan --path /room --echo 1
    end nchan
    start_servers
    fan_outs chat --api "$(api_url)" --redis-pids "$(pids redis)"
    end chat api
    start_node
    fan_outs node --api "http://$(at node)" --redis-pids "$(pids redis)"
    end_all
}

fanout_rows()
{
    local window figure label
    for window in "${WINDOWS[@]}"; do
        called[nchan_$window]=Nchan called[node_$window]=Node.js
    done
    label='fan-out to 1,000, deliveries/s'
    row "$label, 8 in flight" chat_8 deliveries_per_s nchan_8 deliveries_per_s 'ratio >= 4'
    row "$label, 8 in flight" chat_8 deliveries_per_s node_8 deliveries_per_s 'ratio >= 8'
    row "$label, 8 in flight" chat_8 deliveries_per_s send deliveries_per_s
    row "$label, 64 in flight" chat_64 deliveries_per_s nchan_64 deliveries_per_s 'ratio >= 8'
    row "$label, 64 in flight" chat_64 deliveries_per_s node_64 deliveries_per_s
    for window in 8 64; do
        row "  $window not yet with everybody" "chat_${window}_whole" deliveries_per_s \
            "nchan_${window}_whole" deliveries_per_s
        row "  $window not yet with everybody" "chat_${window}_whole" deliveries_per_s \
            "node_${window}_whole" deliveries_per_s
    done
    for figure in ack_p50_ms ack_p99_ms delivery_p50_ms delivery_p99_ms both_cpu_us_per_delivery; do
        label="  8 in flight, ${figure//_/ }"
        label=${label/both cpu us per/server and Redis CPU us a}
        row "$label" chat_8 "$figure" nchan_8 "$figure"
        row "$label" chat_8 "$figure" node_8 "$figure"
    done
    row '  8 in flight, server CPU us a delivery' chat_8 server_cpu_us_per_delivery send server_cpu_us_per_delivery
    row '  8 in flight, Redis CPU us a delivery' chat_8 redis_cpu_us_per_delivery
    row '  64 in flight, delivery p99 ms' chat_64 delivery_p99_ms nchan_64 delivery_p99_ms
    row '  generator CPU %, 8 in flight' chat_8 generator_cpu_percent nchan_8 generator_cpu_percent
    row '  generator CPU %, 64 in flight' chat_64 generator_cpu_percent nchan_64 generator_cpu_percent
}
