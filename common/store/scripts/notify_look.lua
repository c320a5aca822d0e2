-- What there is to do for entries that a server has taken: those about one device, late ones, and all when some have ended
-- before anybody took them.
-- KEYS  queue
-- ARGV  stream, what finish() keeps, then the entries
-- Returns {0, task …}.
-- include lib/now.lua
-- include lib/notify.lua
local q, name = KEYS[1], ARGV[1]
local keep = {ARGV[2], ARGV[3], ARGV[4]}
local now, tasks = now_ms(), {0}

even_when_full(q)
for i = 5, #ARGV do
  local e = call('XRANGE', stream_of(q, name), ARGV[i], ARGV[i])[1]
  if e then tasks[#tasks + 1] = task(q, name, e[1], e[2], now, keep) end
end
return tasks
