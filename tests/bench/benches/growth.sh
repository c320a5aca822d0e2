# shellcheck shell=bash
# What a message costs while 4,000 direct messages a second are written, with few or many other connections open, and
# with a short or long history before.
called[growth_connections_100]='100 connections' called[growth_history_1000]='1,000 before'

# growth NAME [flag]...
growth()
{
    start_servers
    generate "growth_$1" bench_growth --chat "$(at chat)" --api "$(api_url)" --redis "$work/data/redis.sock" \
        --server-pids "$(pids chat)" --redis-pids "$(pids redis)" --seconds "$SECONDS_EACH" "${@:2}"
    end_all
}

growth_once()
{
    local n
    for n in 100 1000 18000; do
        growth "connections_$n" --connections "$n"
    done
    for n in 1000 100000 1000000; do
        growth "history_$n" --connections 2 --pairs 1 --history "$n"
    done
}

growth_rows()
{
    local name
    for name in connections_1000 connections_18000; do
        growth_row "$name" growth_connections_100
    done
    for name in history_100000 history_1000000; do
        growth_row "$name" growth_history_1000
    done
}

# growth_row NAME AGAINST
growth_row()
{
    row "CPU us/message, ${1//_/: }" "growth_$1" both_cpu_us_per_message "$2" both_cpu_us_per_message 'ratio <= 1.3'
    row '  server' "growth_$1" server_cpu_us_per_message "$2" server_cpu_us_per_message
    row '  Redis' "growth_$1" redis_cpu_us_per_message "$2" redis_cpu_us_per_message
    row '  ack p99 ms' "growth_$1" ack_p99_ms "$2" ack_p99_ms
}
