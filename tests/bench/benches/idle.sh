# shellcheck shell=bash
# The memory of 15,000 idle connections: ten of each user, and one of each. The kernel's is beside it: it cannot be less.

idle_once()
{
    local per_user
    for per_user in 10 1; do
        start_servers
        generate "idle_$per_user" bench_idle --chat "$(at chat)" --api "$(api_url)" \
            --pid "${pid[chat]}" --per-user "$per_user"
        end_all
    done
}

idle_rows()
{
    row 'idle, 10 connections a user, bytes each' idle_10 bytes_per_connection '' '' '<= 2560'
    row 'idle, 1 connection a user, bytes each' idle_1 bytes_per_connection '' '' '<= 2560'
    row '  the kernel beside it: a socket in an epoll' idle_1 kernel_socket_bytes_per_connection
    row '  the kernel, everything, both ends' idle_1 kernel_slab_bytes_per_connection_both_ends
}
