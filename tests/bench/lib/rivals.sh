# shellcheck shell=bash
# Part of scripts/bench: what ChatApp is measured against, other than floors.
called[node]='Node.js' called[nchan]=Nchan

readonly RIVALS=$ROOT/tests/bench/rivals

# install_node_packages FOLDER: those of its package.json, once.
install_node_packages()
{
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed" && return 0
    say "installing the packages of ${1#"$ROOT/"}"
    (cd "$1" && npm ci --no-audit --no-fund) >"$work/npm" 2>&1 ||
        { cat "$work/npm" >&2 && fail "npm ci failed"; }
    cp "$1/package-lock.json" "$1/node_modules/.installed"
}

# start_node [flag]...: as the process `node`, on the Redis that runs. It makes accounts and rooms itself.
start_node()
{
    install_node_packages "$RIVALS/node"
    NODE_ENV=production launch node node "$RIVALS/node/server.js" --redis "$work/data/redis.sock" "$@"
    await node port_said node
}

free_port()
{
    local candidate
    while :; do
        candidate=$((20000 + RANDOM % 10000))
        [[ $(ss -Hltn "sport = :$candidate") ]] || break
    done
    echo "$candidate"
}

# start_nchan: as the process `nchan`, which has one worker.
start_nchan()
{
    port[nchan]=$(free_port)
    mkdir -p "$work/nchan"
    sed "s|@PORT@|${port[nchan]}|; s|@DIR@|$work/nchan|" "$RIVALS/nchan/nginx.conf" >"$work/nchan/nginx.conf"
    launch nchan nginx -e stderr -p "$work/nchan" -c "$work/nchan/nginx.conf"
    await nchan curl -sSf --noproxy '*' --max-time 2 "http://$(at nchan)/healthz"
}
