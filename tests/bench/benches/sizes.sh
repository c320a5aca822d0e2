# shellcheck shell=bash
# One room of 10, 100 and 10,000 connections (`fanout` has the one of 1,000); against one send() a delivery, and the
# same script in a Redis that has nothing else to do.
called[script_one]='bare Redis'
called[send_10]='bare send()' called[send_100]='bare send()' called[send_10000]='bare send()'

readonly SIZES=('10 8' '10 64' '100 8' '100 64' '10000 8') # members, messages in flight

sizes_once()
{
    local size members window
    start_servers
    bare_script script_one 1
    for size in "${SIZES[@]}"; do
        read -r members window <<<"$size"
        if ((window == 8)); then
            start_floor floor_send
            fan_out "send_$members" floor 8 --connections "$members"
            end floor
        fi
        fan_out "room_${members}_$window" chat "$window" --connections "$members" --api "$(api_url)" \
            --redis-pids "$(pids redis)"
    done
    end_all
}

sizes_rows()
{
    local size members window name
    for size in "${SIZES[@]}"; do
        read -r members window <<<"$size"
        name=room_${members}_$window
        row "room of $members, $window in flight, deliveries/s" "$name" deliveries_per_s "send_$members" deliveries_per_s
        row '  messages/s' "$name" messages_per_s script_one messages_per_s
        row '  delivery p50 ms' "$name" delivery_p50_ms "send_$members" delivery_p50_ms
        row '  delivery p99 ms' "$name" delivery_p99_ms "send_$members" delivery_p99_ms
        row '  server CPU us a delivery' "$name" server_cpu_us_per_delivery "send_$members" server_cpu_us_per_delivery
        row '  Redis CPU us a message' "$name" redis_cpu_us_per_message script_one redis_cpu_us_per_message
    done
}
