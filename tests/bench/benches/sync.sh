# shellcheck shell=bash
# 18,000 connections come back at once after the chat-server was killed, each with a sync of what it missed.
called[sync]='before it'

sync_once()
{
    local generator
    start_servers
    generate sync bench_sync --chat "$(at chat)" --api "$(api_url)" --redis "$work/data/redis.sock" \
        --kill "${pid[chat]}" --redis-pids "$(pids redis)" &
    generator=$!
    wait -n "$generator" "${pid[chat]}" 2>/dev/null || true # it kills the chat-server; or it failed
    unset 'pid[chat]'
    start_daemon chat chat-server --port "${port[chat]}"
    wait "$generator" || fail 'the sync storm failed'
    end_all
}

sync_rows()
{
    row 'sync storm of 18,000: all are back, ms' sync back_max_ms
    row '  p50 ms' sync back_p50_ms
    row '  p99 ms' sync back_p99_ms
    row '  errors' sync errors '' '' '<= 0'
    row '  Redis CPU us/sync' sync redis_cpu_us_per_sync
    row '  p50 ms of deliveries to those already there' sync storm_delivery_p50_ms sync calm_delivery_p50_ms
    row '  p99 ms of deliveries to those already there' sync storm_delivery_p99_ms sync calm_delivery_p99_ms
    row '  max ms of deliveries to those already there' sync storm_delivery_max_ms sync calm_delivery_max_ms
}
