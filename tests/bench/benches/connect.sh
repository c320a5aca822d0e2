# shellcheck shell=bash
# Connects, 64 at a time, of users who sign in with a token; against servers that only accept the upgrade.
called[bare_1000]='bare upgrade' called[bare_15000]='bare upgrade'
called[nchan_connect_1000]=Nchan called[nchan_connect_15000]=Nchan

# connects NAME SERVER [flag]...: 1,000, then 15,000 more.
connects()
{
    local n
    for n in 1000 15000; do
        generate "$1_$n" bench_connect --chat "$(at "$2")" --server-pids "$(pids "$2")" --connections "$n" "${@:3}"
    done
}

connect_once()
{
    start_floor floor_send
    connects bare floor
    end floor
    start_nchan
    connects nchan_connect nchan --path /room --silent 1
    end nchan
    start_servers
    connects connect chat --api "$(api_url)" --redis-pids "$(pids redis)"
    connects connect_10 chat --api "$(api_url)" --redis-pids "$(pids redis)" --per-user 10
    end_all
}

connect_rows()
{
    local n figure
    for n in 15000 1000; do
        row "connect and sign in, $n, connects/s" "connect_$n" connects_per_s "nchan_connect_$n" connects_per_s 'ratio >= 1'
        row "  the same, against the floor" "connect_$n" connects_per_s "bare_$n" connects_per_s
        row "  10 connections a user" "connect_10_$n" connects_per_s "nchan_connect_$n" connects_per_s
        for figure in connect_p50_ms connect_p99_ms server_cpu_us_per_connect; do
            row "  ${figure//_/ }" "connect_$n" "$figure" "nchan_connect_$n" "$figure"
        done
        row '  redis cpu us per connect' "connect_$n" redis_cpu_us_per_connect
    done
    row '  generator CPU %' connect_15000 generator_cpu_percent bare_15000 generator_cpu_percent
}
