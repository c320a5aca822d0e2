# shellcheck shell=bash
# 10,000 users with 50 contacts each come online; the memory of each; and changes seen by 1,000 contacts, against one
# send() a delivery.

start_presence()
{
    start_redis
    start_api "${CHEAP_HASHES[@]}"
    start_daemon presence presence-server --rate-status 0
}

presence_once()
{
    local contacts changers
    for contacts in 50 0; do
        start_presence
        generate "presence_$contacts" bench_presence --presence "$(at presence)" --api "$(api_url)" \
            --redis "$work/data/redis.sock" --pid "${pid[presence]}" --redis-pids "$(pids redis)" \
            --contacts "$contacts"
        end_all
    done
    start_floor floor_send
    fan_out presence_send floor 8
    end floor
    for changers in 8 64; do
        start_presence
        generate "presence_change_$changers" bench_presence_fanout --presence "$(at presence)" \
            --api "$(api_url)" --redis "$work/data/redis.sock" --server-pids "$(pids presence)" \
            --redis-pids "$(pids redis)" --changers "$changers" --seconds "$SECONDS_EACH"
        end_all
    done
}

presence_rows()
{
    called[presence_send]='bare send()'
    called[presence_50]='before it'
    row '10,000 users come online, 50 contacts each: all see all, ms' presence_50 all_right_ms '' '' '<= 10000'
    row '  p99 ms of a change meanwhile' presence_50 storm_change_p99_ms presence_50 calm_change_p99_ms
    row '  p50 ms of a change meanwhile' presence_50 storm_change_p50_ms presence_50 calm_change_p50_ms
    row '  frames to clients' presence_50 frames
    row '  presence-server CPU us a user' presence_50 server_cpu_us_per_user
    row '  Redis CPU us a user' presence_50 redis_cpu_us_per_user
    row '  bytes a connection, 50 contacts each' presence_50 bytes_per_connection
    row '  bytes a connection, no contacts' presence_0 bytes_per_connection '' '' '<= 3072'
    row 'a change seen by 1,000 contacts, deliveries/s, 8 at a time' presence_change_8 deliveries_per_s \
        presence_send deliveries_per_s
    row '  64 at a time' presence_change_64 deliveries_per_s presence_send deliveries_per_s
    row '  8 at a time, delivery p99 ms' presence_change_8 delivery_p99_ms
    row '  64 at a time, delivery p99 ms' presence_change_64 delivery_p99_ms
}
