# shellcheck shell=bash
# Pages of 50 over the WebSocket, 50 readers with one in flight each; against the same script in a Redis that has
# nothing else to do.
called[pages_script]='bare Redis'

pages_once()
{
    start_servers
    generate pages_script bench_redis_script --redis "$work/data/redis.sock" --redis-pids "$(pids redis)" \
        --script page --conversations 50 --seconds "$SECONDS_EACH"
    generate pages bench_pages --chat "$(at chat)" --api "$(api_url)" --redis "$work/data/redis.sock" \
        --server-pids "$(pids chat)" --redis-pids "$(pids redis)" --seconds "$SECONDS_EACH"
    end_all
}

pages_rows()
{
    row 'history pages of 50, WebSocket, pages/s' pages pages_per_s pages_script pages_per_s
    row '  p50 ms' pages page_p50_ms
    row '  p99 ms' pages page_p99_ms
    row '  server CPU us/page' pages server_cpu_us_per_page
    row '  Redis CPU us/page' pages redis_cpu_us_per_page pages_script redis_cpu_us_per_page
}
