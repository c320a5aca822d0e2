# Reads ctest's LastTest.log; prints `PASSED FAILED NAME` for each test in it, counting the cases that
# cmocka or node:test reported inside. A test that failed without a failed case (it crashed at its end,
# leaked, returned nonsense) counts as one failure; so does one that ran no case at all, but for steps
# named */install.

/^[0-9]+\/[0-9]+ Testing: / {
    name = $3
    started = good = node_good = node_bad = over = 0
}

# cmocka
/\[ RUN      \] / { started++ }
/\[       OK \] / { good++ }

# node:test, its tap or its spec reporter
/^(#|ℹ) pass [0-9]+$/ { node_good = $3 }
/^(#|ℹ) (fail|cancelled|skipped|todo) [0-9]+$/ { node_bad += $3 }

/^<end of output>$/ { over = 1 }

over && /^Test (Passed|Failed)\.$/ {
    over = 0
    good += node_good
    bad = started - (good - node_good) + node_bad
    if (bad == 0 && ($2 == "Failed." || (good == 0 && name !~ /\/install$/)))
        bad = 1
    print good, bad, name
}
