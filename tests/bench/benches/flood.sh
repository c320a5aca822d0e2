# shellcheck shell=bash
# Profile reads while more logins come than can be hashed.
called[flood]='without it'

flood_once()
{
    start_redis
    start_api
    generate flood bench_login_flood --api "$(api_url)" --seconds "$SECONDS_EACH"
    end_all
}

flood_rows()
{
    row 'profile p50 ms in a login flood' flood flooded_p50_ms flood calm_p50_ms
    row 'profile p99 ms in a login flood' flood flooded_p99_ms flood calm_p99_ms
    row '  logins hashed meanwhile' flood logins_hashed
    row '  logins answered 503' flood logins_turned_away
}
