# shellcheck shell=bash
# Where the time goes: perf on the chat-server and Redis during fan-out and direct messages, once, into profile.txt
# beside the results.
readonly PROFILE_HZ=1999 PROFILE_SYMBOLS=40

# profiled TITLE COMMAND...: runs it, and says what the two did meanwhile.
profiled()
{
    local title=$1 perf
    shift
    taskset -c "$CLIENT_CORE" perf record -q -g -F "$PROFILE_HZ" -p "$(pids chat redis)" -o "$work/perf.data" \
        >"$work/perf" 2>&1 &
    perf=$!
    "$@"
    kill -INT "$perf" 2>/dev/null || true
    wait "$perf" 2>/dev/null || true
    {
        printf '%s: by library\n\n' "$title"
        profile_table --no-children --sort comm,dso
        printf '%s: by system call, with all it does\n\n' "$title"
        profile_table --children --sort comm,dso,symbol | grep -E '__x64_sys_|^$'
        printf '%s: by function\n\n' "$title"
        profile_table --no-children --sort comm,dso,symbol | sed -n "1,${PROFILE_SYMBOLS}p"
        echo
    } >>"$BUILD/profile.txt"
}

# profile_table [option of perf report]...: percent, program, library, function; what has no symbol is one line for
# its library.
profile_table()
{
    perf report -i "$work/perf.data" --stdio -g none -t '|' "$@" 2>/dev/null | awk -F '|' -v all="$*" '
        /^#/ || NF < 3 { next }
        {
            column = all ~ /--children/ ? 3 : 2 # after the percentages
            name = sprintf("%-16s %-28s", $column, $(column + 1))
            if (all ~ /symbol/) name = name ($(column + 2) ~ /0x0000/ ? " (no symbol)" : " " $(column + 2))
            sub(/ +$/, "", name)
            percent[name] += $1
        }
        END { for (name in percent) if (percent[name] >= 0.1) printf "%6.2f %%  %s\n", percent[name], name }' |
        sort -rn
    echo
}

profile_once()
{
    [[ $run == 1 ]] || return 0
    : >"$BUILD/profile.txt"
    if ! perf record -q -o "$work/perf.data" true >"$work/perf" 2>&1; then
        { echo 'perf cannot run on this machine:' && cat "$work/perf"; } >"$BUILD/profile.txt"
        say "no profile: perf cannot run on this machine"
        return 0
    fi
    start_servers
    profiled 'Fan-out to 1,000, 8 in flight' generate profile_fanout bench_fanout --chat "$(at chat)" \
        --api "$(api_url)" --in-flight 8 --seconds "$SECONDS_EACH"
    profiled 'Direct messages, 500 pairs' generate profile_direct bench_direct --chat "$(at chat)" \
        --api "$(api_url)" --seconds "$SECONDS_EACH"
    end_all
}

profile_rows()
{
    return 0
}
