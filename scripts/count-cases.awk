# Reads ctest's LastTest.log; prints `PASSED FAILED NAME` for each test in it, counting the cases that
# cmocka or node:test reported inside; a plain script is one case, and a step named */install is none. A test
# that failed without a failed case (it crashed at its end, leaked, returned nonsense) counts as one failure,
# and so does one that could not be started, or whose framework found no case.

/^[0-9]+\/[0-9]+ Testing: / {
    name = $3
    started = good = node_good = node_bad = over = framework = missing = 0
}
/^Command: ""$/ { missing = 1 }
/\[==========\] |^TAP version |^(#|ℹ) tests / { framework = 1 }

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
    if (good + bad == 0 && !framework && !missing && name !~ /\/install$/ && $2 == "Passed.")
        good = 1
    if (bad == 0 && ($2 == "Failed." || missing || (good == 0 && framework)))
        bad = 1
    print good, bad, name
}
