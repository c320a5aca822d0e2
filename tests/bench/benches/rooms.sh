# shellcheck shell=bash
# Many small rooms: 1,000 clients in 500 rooms of 5, one message in flight in each room; against one send() a
# delivery, and the same script in a Redis that has nothing else to do.
called[script_rooms]='bare Redis' called[send_rooms]='bare send()'

# many_rooms NAME SERVERS [flag]...
many_rooms()
{
    local servers
    read -ra servers <<<"$2"
    generate "$1" bench_rooms --chat "$(at "${servers[@]}")" --server-pids "$(pids "${servers[@]}")" \
        --rooms 500 --seconds "$SECONDS_EACH" "${@:3}"
}

rooms_once()
{
    start_floor floor_send --rooms 500
    many_rooms send_rooms floor
    end floor
    start_servers
    bare_script script_rooms 500
    many_rooms rooms chat --api "$(api_url)" --redis-pids "$(pids redis)"
    end_all
}

rooms_rows()
{
    row '500 rooms of 5, deliveries/s' rooms deliveries_per_s send_rooms deliveries_per_s
    row '500 rooms of 5, messages/s' rooms messages_per_s script_rooms messages_per_s
    row '  ack p50 ms' rooms ack_p50_ms send_rooms ack_p50_ms
    row '  ack p99 ms' rooms ack_p99_ms send_rooms ack_p99_ms
    row '  delivery p50 ms' rooms delivery_p50_ms send_rooms delivery_p50_ms
    row '  delivery p99 ms' rooms delivery_p99_ms send_rooms delivery_p99_ms
    row '  server CPU us a delivery' rooms server_cpu_us_per_delivery send_rooms server_cpu_us_per_delivery
    row '  Redis CPU us a message' rooms redis_cpu_us_per_message script_rooms redis_cpu_us_per_message
}
