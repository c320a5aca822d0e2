# shellcheck shell=bash
# The api-server's reads.
called[floor_mhd]='bare microhttpd'
called[floor_mhd_again]='bare microhttpd'

# fill_history ROOMS MESSAGES: sets `token`, and puts the paths of the newest pages into $work/paths.
fill_history()
{
    timeout "$STEP_LIMIT_S" "$BIN/bench_history" --api "$(api_url)" --chat "$(at chat)" \
        --rooms "$1" --messages "$2" >"$work/history" || fail "bench_history failed"
    token=$(awk '$1 == "token" { print $2 }' "$work/history")
    awk '$1 == "conversation" { print "/api/conversations/" $2 "/messages?limit=50" }' "$work/history" \
        >"$work/paths"
}

# The last one reads 256 conversations in turn, 4 MiB of pages, with a cache of 1 MiB: it never has the page.
http_once()
{
    local token
    start_servers
    fill_history 1 1200
    start_floor floor_mhd
    load floor_mhd "http://$(at floor)/api/profile" "$token"
    load profile "$(api_url)/api/profile" "$token"
    load floor_mhd_again "http://$(at floor)/api/profile" "$token"
    load page "$(api_url)$(<"$work/paths")" "$token"
    end api
    start_api "${CHEAP_HASHES[@]}" --page-cache-mib 1
    fill_history 256 60
    BENCH_PATHS=$work/paths load page_uncached "$(api_url)" "$token" -s "$ROOT/tests/bench/paths.lua"
    end_all
}

http_rows()
{
    row 'profile, requests/s' profile requests_per_s floor_mhd requests_per_s 'ratio >= 0.4'
    row 'page of 50, requests/s' page requests_per_s floor_mhd_again requests_per_s 'ratio >= 0.2'
    row 'page of 50, never in the cache, requests/s' page_uncached requests_per_s floor_mhd_again requests_per_s
}
