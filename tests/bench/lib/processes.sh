# shellcheck shell=bash
# Part of scripts/bench: starts and ends what is measured, and runs generators beside it.

declare -A pid port

# launch NAME COMMAND...: on the servers' core; ends with us even if we are killed.
launch()
{
    local name=$1
    shift
    : >"$work/$name.log" # before anybody looks for what the new one says
    setpriv --pdeathsig TERM taskset -c "$SERVER_CORE" "$@" </dev/null >"$work/$name.log" 2>&1 &
    pid[$name]=$!
}

# end NAME...: in this order, each until it is gone.
end()
{
    local name tries
    for name; do
        [[ ${pid[$name]:-} ]] || continue
        kill "${pid[$name]}" 2>/dev/null || true
        for ((tries = 0; tries < READY_WITHIN; tries++)); do
            kill -0 "${pid[$name]}" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "${pid[$name]}" 2>/dev/null || true
        wait "${pid[$name]}" 2>/dev/null || true
        unset "pid[$name]"
    done
}

# What was launched and still runs, Redis last.
end_all()
{
    local name
    for name in "${!pid[@]}"; do
        [[ $name == redis ]] || end "$name"
    done
    end redis
}

# await NAME COMMAND...: until the command succeeds, while NAME is alive.
await()
{
    local name=$1 tries status=0
    shift
    for ((tries = 0; tries < READY_WITHIN; tries++)); do
        ! "$@" >"$work/await" 2>&1 || return 0
        kill -0 "${pid[$name]}" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$work/$name.log" "$work/await" >&2
    ! kill -0 "${pid[$name]}" 2>/dev/null || fail "$name does not get ready"
    wait "${pid[$name]}" || status=$?
    fail "$name ended with status $status"
}

# The port that a daemon (port=N beside `listening`) or a floor (port N) says it got.
port_said()
{
    port[$1]=$(sed -nE '/listening|^port/s/.*port[ =]"?([0-9]+).*/\1/p' "$work/$1.log" | head -n 1)
    [[ ${port[$1]} ]]
}

# at NAME...: their addresses, with commas.
at()
{
    local name list=''
    for name; do
        list+=,127.0.0.1:${port[$name]}
    done
    echo "${list:1}"
}

# pids NAME...: theirs and their workers', with commas.
pids()
{
    local name list=''
    for name; do
        list+=,${pid[$name]}$(pgrep -P "${pid[$name]}" | sed 's/^/,/' | tr -d '\n' || true)
    done
    echo "${list:1}"
}

# --- ChatApp and its Redis ----------------------------------------------------------------------------

# It does not write its append-only file anew: that is a process more, in the middle of something that is measured.
start_redis()
{
    rm -rf "$work/data"
    mkdir -m 700 "$work/data"
    launch redis redis-server --port 0 --unixsocket "$work/data/redis.sock" --dir "$work/data" \
        --daemonize no --appendonly yes --appendfsync everysec --auto-aof-rewrite-percentage 0 --save '' \
        --maxmemory-policy noeviction
    await redis redis-cli -s "$work/data/redis.sock" ping
}

# start_daemon NAME BINARY [flag]...
start_daemon()
{
    local name=$1 binary=$2
    shift 2
    launch "$name" "$BIN/$binary" --port 0 --redis-url "unix://$work/data/redis.sock" "$@"
    await "$name" port_said "$name"
    await "$name" curl -sS --fail-with-body --noproxy '*' --max-time 2 "http://$(at "$name")/readyz"
}

start_api()
{
    start_daemon api api-server --signing-key-file "$work/data/signing-key" "$@"
}

readonly CHEAP_HASHES=(--password-hash-memory-kib 64 --password-hash-passes 1)

# start_servers [flag of the chat-server]...: a new Redis, the api-server, one chat-server.
start_servers()
{
    start_redis
    start_api "${CHEAP_HASHES[@]}"
    start_daemon chat chat-server "$@"
}

api_url()
{
    echo "http://$(at api)"
}

# --- floors, and generators ---------------------------------------------------------------------------

# start_floor PROGRAM [flag]...: as the process `floor`.
start_floor()
{
    launch floor "$BIN/$1" --limit $((STEP_LIMIT_S * 2)) "${@:2}"
    await floor port_said floor
}

# generate NAME PROGRAM [flag]...: runs it on the generator's core and keeps its figures under NAME.
generate()
{
    run_generator "$1" "$BIN/$2" "${@:3}"
}

# best_turn NAME FIGURE [option of sort]: of what this run has measured as NAME_turn, the first when sorted, as NAME. For what
# else runs on the machine only ever takes away.
best_turn()
{
    local best
    best=$(awk -v name="$1_turn" -v run="$run" -v figure="$2" '$1 == name && $2 == run && $3 == figure { print $4 }' "$raw" |
        sort -g "${@:3}" | sed -n 1p)
    echo "$1 $run $2 $best" >>"$raw"
}

# run_generator NAME COMMAND...: the same with a program that is not of ours.
run_generator()
{
    local name=$1
    shift
    timeout "$STEP_LIMIT_S" taskset -c "$CLIENT_CORE" "$@" >"$work/out" 2>"$work/err" ||
        { cat "$work/err" >&2 && fail "$name failed in run $run"; }
    awk -v name="$name" -v run="$run" '{ print name, run, $1, $2 }' "$work/out" >>"$raw"
}

# load NAME URL TOKEN [option of wrk]...: wrk's figures under NAME.
load()
{
    timeout "$STEP_LIMIT_S" taskset -c "$CLIENT_CORE" wrk "${WRK[@]}" -H "Authorization: Bearer $3" \
        "${@:4}" "$2" >"$work/out" 2>&1 ||
        { cat "$work/out" >&2 && fail "wrk failed"; }
    ! grep -E 'Non-2xx|Socket errors' "$work/out" >&2 || fail "$1: not every request was answered"
    awk -v name="$1" -v run="$run" '
        function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
        $1 == "50%" { print name, run, "latency_p50_ms", ms($2) }
        $1 == "99%" { print name, run, "latency_p99_ms", ms($2) }
        $1 == "Requests/sec:" { print name, run, "requests_per_s", $2 }' "$work/out" >>"$raw"
}
