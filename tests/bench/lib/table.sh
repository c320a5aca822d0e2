# shellcheck shell=bash
# Part of scripts/bench: from the raw figures of all runs to the table.

# Benches that others are measured against, and what the table calls them.
declare -A called

# row LABEL BENCH FIGURE [FLOOR FLOOR_FIGURE [TARGET...]]: a line with tabs between, as label, figure, what it is
# measured against, the latter's figure, ratio, lowest and highest, target, met. Nothing when it was not measured.
# The ratio is that of one run; figures are medians of the runs. FLOOR and FLOOR_FIGURE may be ''.
# TARGET: `ratio >= 4`, `ratio <= 0.25`, `>= 20000` or `<= 2560`.
row()
{
    awk -v label="$1" -v bench="$2" -v figure="$3" -v floor="${4:-}" -v floor_figure="${5:-}" \
        -v against="${called[${4:-none}]:-${4:-}}" -v target="${*:6}" '
        function sort(values, n,    i, j, t) {
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
                    t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
                }
        }
        function median(values, n) { # of sorted ones
            return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
        }
        function show(value) { return value >= 100 ? sprintf("%.0f", value) : sprintf("%.2f", value) }
        function spread(values, n) { return n > 1 ? show(values[1]) " to " show(values[n]) : "-" }
        function verdict(    words, n, value) {
            n = split(target, words, " ")
            if (n == 0) return "-"
            value = words[1] == "ratio" ? ratio : measured
            if (words[1] == "ratio" && m == 0) return "MISSED"
            return (words[n - 1] == ">=" ? value >= words[n] : value <= words[n]) ? "met" : "MISSED"
        }
        $1 == bench && $3 == figure { value[$2] = $4 + 0 }
        $1 == floor && $3 == floor_figure { base[$2] = $4 + 0 }
        END {
            for (r in value) v[++n] = value[r]
            if (n == 0) exit
            for (r in value) if (r in base && base[r] > 0) { b[++m] = base[r]; q[m] = value[r] / base[r] }
            sort(v, n); sort(b, m); sort(q, m)
            measured = median(v, n)
            ratio = m ? median(q, m) : 0
            printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", label, show(measured), m ? against : "-",
                m ? show(median(b, m)) : "-", m ? sprintf("%.2f", ratio) : "-",
                m ? spread(q, m) : spread(v, n), target ? target : "-", verdict()
        }' "$raw"
}

rows()
{
    local name
    printf 'what\tfigure\tagainst\tits figure\tratio\tspread\ttarget\t\n'
    for name in "${ALL[@]}"; do
        "${name}_rows"
    done
}

installed_version()
{
    dpkg-query -W -f='${Version}' "$1" 2>/dev/null || echo none
}

# What else ran meanwhile: it spoils the figures.
others()
{
    awk -v before="$load_before" '$3 == "others_cpu_percent" { sum += $4; n++; if ($4 > most) most = $4 }
        END { printf "used %.0f %% of a core on average, %.0f %% at most, while something was measured; load average before: %s",
            n ? sum / n : 0, most, before }' "$raw"
}

environment()
{
    echo "date $(date -u +%Y-%m-%dT%H:%MZ)"
    echo "commit $(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo none)"
    echo "cpu $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc --all) cores"
    echo "kernel $(uname -r)"
    echo "compiler $(sed -n 's/^CMAKE_C_COMPILER:[^=]*=//p' "$BUILD/CMakeCache.txt"), RelWithDebInfo"
    echo "redis $(redis-server --version | sed -nE 's/.* v=([^ ]+).*/\1/p'), appendfsync everysec"
    echo "pinned servers and Redis to core $SERVER_CORE, the generator to core $CLIENT_CORE"
    echo "rivals nginx $(installed_version nginx) with Nchan $(installed_version libnginx-mod-nchan), Node.js $(
        node --version 2>/dev/null || echo none) with $(sed -nE 's/^ *"(ws|ioredis)": "(.*)".*/\1 \2/p' \
            "$ROOT/tests/bench/rivals/node/package.json" | paste -sd ' ')"
    echo "runs $RUNS of $SECONDS_EACH s each"
    echo "others $(others)"
}

write_results()
{
    rows >"$work/rows"
    {
        environment
        echo
        awk -F '\t' '{
            line = sprintf("%-48s %10s  %-16s %10s %6s  %-18s %-13s %s", $1, $2, $3, $4, $5, $6, $7, $8)
            sub(/ +$/, "", line)
            print line
        }' "$work/rows"
    } >"$BUILD/results.txt"
    {
        printf '{\n"environment":{\n'
        environment | sed -E 's/^([^ ]+) (.*)$/  "\1":"\2"/; $!s/$/,/'
        printf '},\n"table":[\n'
        awk -F '\t' 'function text(value) { return value == "-" ? "null" : "\"" value "\"" }
            function number(value) { return value == "-" ? "null" : value }
            NR > 1 {
            sub(/^ +/, "", $1)
            printf "%s  {\"what\":%s,\"figure\":%s,\"against\":%s,\"its_figure\":%s,\"ratio\":%s,\"spread\":%s,\"target\":%s,\"result\":%s}",
                (NR > 2 ? ",\n" : ""), text($1), $2, text($3), number($4), number($5), text($6), text($7), text($8)
        } END { print "" }' "$work/rows"
        printf '],\n"raw":[\n'
        awk '{ printf "%s  {\"bench\":\"%s\",\"run\":%d,\"figure\":\"%s\",\"value\":%s}", (NR > 1 ? ",\n" : ""), $1, $2, $3, $4
        } END { print "" }' "$raw"
        printf ']}\n'
    } >"$BUILD/results.json"
}
