-- Forgets the names of servers that have gone and left nothing behind: each start has a new name.
-- KEYS  queue
-- ARGV  a name to forget at once ("": none), ms of silence after which others are
-- Returns how many were forgotten.
-- include lib/notify.lua
local q, forgotten = KEYS[1], 0
for name in pairs(STREAMS) do
  local stream = stream_of(q, name)
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, GROUP)
  for _, c in ipairs(consumers.err and {} or consumers) do
    local about = {}
    for i = 1, #c, 2 do about[c[i]] = c[i + 1] end
    if about.pending == 0 and (about.name == ARGV[1] or about.idle > tonumber(ARGV[2])) then
      call('XGROUP', 'DELCONSUMER', stream, GROUP, about.name)
      forgotten = forgotten + 1
    end
  end
end
return forgotten
