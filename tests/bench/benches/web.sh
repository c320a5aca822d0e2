# shellcheck shell=bash
# What somebody waits for who opens the web client: a real Chromium, on the generator's core (tests/web/first_view.mjs).

readonly WEB_TESTS=$ROOT/tests/web

web_once()
{
    install_node_packages "$WEB_TESTS"
    start_servers
    run_generator web node "$WEB_TESTS/first_view.mjs" "$(api_url)" "http://$(at chat)"
    end_all
}

web_rows()
{
    row 'web client, nothing cached: painted after ms' web cold_paint_ms '' '' '<= 1000'
    row '  signing in can begin after ms' web cold_usable_ms '' '' '<= 1000'
    row '  transferred, all of it, kB' web cold_kb '' '' '<= 300'
    row 'the same, signed in: painted after ms' web list_paint_ms '' '' '<= 1000'
    row '  100 conversations are shown after ms' web list_usable_ms '' '' '<= 1000'
    row '  transferred, all of it, kB' web list_kb '' '' '<= 300'
    row 'the same, everything cached: painted after ms' web again_paint_ms '' '' '<= 1000'
    row '  100 conversations are shown after ms' web again_usable_ms '' '' '<= 1000'
    row '  transferred, all of it, kB' web again_kb '' '' '<= 300'
    row 'code of the web client, compressed, kB' web code_kb '' '' '<= 60'
}
