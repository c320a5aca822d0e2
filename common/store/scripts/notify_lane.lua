-- Gives a server the next of those that wait for one host. They go into the stream `flight` as entries that are its
-- from the beginning: that stream is there for those who claim what a dead server had.
-- KEYS  queue, the host's lane (the same slot)
-- ARGV  consumer, how many, the host, and what finish() keeps
-- Returns {how many are left in the lane, task …}.
-- include lib/now.lua
-- include lib/notify.lua
local q, lane, me = KEYS[1], KEYS[2], ARGV[1]
local keep = {ARGV[4], ARGV[5], ARGV[6]}
local now, tasks, left = now_ms(), {0}, tonumber(ARGV[2])
local flight = stream_of(q, 'flight')

for _ = 1, 20 do -- of those over already, so many at a time
  if left <= 0 then break end
  local popped = call('ZPOPMIN', lane, left)
  if #popped == 0 then break end
  for i = 1, #popped, 2 do
    local id, device = string.match(popped[i], '^(%S+) (%S+)$')
    if call('EXISTS', q .. ':n:' .. id) == 1 then
      local entry = enqueue(q, 'flight', id, device)
      with_group(flight, function()
        return redis.pcall('XCLAIM', flight, GROUP, me, 0, entry, 'FORCE', 'JUSTID')
      end)
      local t = task(q, 'flight', entry, {'n', id, 'd', device}, now, keep)
      if t then
        tasks[#tasks + 1] = t
        left = left - 1
      end
    end
  end
end
tasks[1] = call('ZCARD', lane)
if tasks[1] == 0 then call('SREM', q .. ':lanes', ARGV[3]) end
return tasks
