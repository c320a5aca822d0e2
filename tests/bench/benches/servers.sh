# shellcheck shell=bash
# Two chat-servers on one Redis against one. Clients connect to them in turn, so that every second member, and every
# direct message's other end, is on the other server. All three processes have the servers' one core (the generator
# needs the other), so this does not show how two servers scale, but what it costs a message to cross from one to
# the other.
called[one_8]='one server' called[one_64]='one server' called[one_direct]='one server' called[one_rooms]='one server'

# measure_servers PREFIX SERVERS
measure_servers()
{
    local with_api
    with_api=(--api "$(api_url)" --redis-pids "$(pids redis)")
    fan_out "$1_8" "$2" 8 "${with_api[@]}"
    fan_out "$1_64" "$2" 64 "${with_api[@]}"
    direct_messages "$1_direct" "$2" "$(api_url)"
    many_rooms "$1_rooms" "$2" "${with_api[@]}"
}

servers_once()
{
    start_servers
    measure_servers one chat
    start_daemon chat2 chat-server
    measure_servers two 'chat chat2'
    end_all
}

servers_rows()
{
    local window
    for window in 8 64; do
        row "two servers: fan-out, $window in flight, deliveries/s" "two_$window" deliveries_per_s \
            "one_$window" deliveries_per_s
        row '  delivery p50 ms' "two_$window" delivery_p50_ms "one_$window" delivery_p50_ms
        row '  delivery p99 ms' "two_$window" delivery_p99_ms "one_$window" delivery_p99_ms
        row '  servers CPU us a delivery' "two_$window" server_cpu_us_per_delivery \
            "one_$window" server_cpu_us_per_delivery
        row '  Redis CPU us a message' "two_$window" redis_cpu_us_per_message "one_$window" redis_cpu_us_per_message
    done
    row 'two servers: direct, 500 pairs, acks/s' two_direct acks_per_s one_direct acks_per_s
    row '  ack p99 ms' two_direct ack_p99_ms one_direct ack_p99_ms
    row '  delivery p99 ms' two_direct delivery_p99_ms one_direct delivery_p99_ms
    row '  servers CPU us a message' two_direct server_cpu_us_per_message one_direct server_cpu_us_per_message
    row '  Redis CPU us a message' two_direct redis_cpu_us_per_message one_direct redis_cpu_us_per_message
    row 'two servers: 500 rooms of 5, messages/s' two_rooms messages_per_s one_rooms messages_per_s
    row '  delivery p99 ms' two_rooms delivery_p99_ms one_rooms delivery_p99_ms
    row '  servers CPU us a delivery' two_rooms server_cpu_us_per_delivery one_rooms server_cpu_us_per_delivery
    row '  Redis CPU us a message' two_rooms redis_cpu_us_per_message one_rooms redis_cpu_us_per_message
}
