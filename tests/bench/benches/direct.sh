# shellcheck shell=bash
# Direct messages: 500 pairs, each waits for the ack before it writes again; against the same script in a Redis that
# has nothing else to do, and the Node.js design.
called[script]='bare Redis' called[direct_node]=Node.js

# direct_messages NAME SERVERS API-URL
direct_messages()
{
    local servers
    read -ra servers <<<"$2"
    generate "$1" bench_direct --chat "$(at "${servers[@]}")" --api "$3" \
        --server-pids "$(pids "${servers[@]}")" --redis-pids "$(pids redis)" --seconds "$SECONDS_EACH"
}

# bare_script NAME CONVERSATIONS
bare_script()
{
    generate "$1" bench_redis_script --redis "$work/data/redis.sock" --redis-pids "$(pids redis)" \
        --conversations "$2" --seconds "$SECONDS_EACH"
}

direct_once()
{
    start_servers
    bare_script script 500
    direct_messages direct chat "$(api_url)"
    end chat api
    start_node
    direct_messages direct_node node "http://$(at node)"
    end_all
}

direct_rows()
{
    row 'direct, 500 pairs, acks/s' direct acks_per_s direct_node acks_per_s 'ratio >= 5'
    row 'direct, 500 pairs, acks/s' direct acks_per_s script messages_per_s 'ratio >= 0.5'
    row '  ack p50 ms' direct ack_p50_ms direct_node ack_p50_ms
    row '  ack p99 ms' direct ack_p99_ms direct_node ack_p99_ms 'ratio <= 0.25'
    row '  delivery p50 ms' direct delivery_p50_ms direct_node delivery_p50_ms
    row '  delivery p99 ms' direct delivery_p99_ms direct_node delivery_p99_ms
    row '  server CPU us a message' direct server_cpu_us_per_message direct_node server_cpu_us_per_message
    row '  Redis CPU us a message' direct redis_cpu_us_per_message direct_node redis_cpu_us_per_message
    row '  Redis CPU us a message' direct redis_cpu_us_per_message script redis_cpu_us_per_message
    row '  generator CPU %' direct generator_cpu_percent
}
