-- For wrk: asks for the paths in the file that $BENCH_PATHS names, one a line, in turn.
local requests = {}
local next_one = 0

function init()
  for path in io.lines(os.getenv('BENCH_PATHS')) do
    requests[#requests + 1] = wrk.format(nil, path)
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
