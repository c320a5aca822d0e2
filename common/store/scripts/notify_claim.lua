-- Gives a server what another had that is dead, or has been silent for too long.
-- KEYS  queue
-- ARGV  consumer, stream, ms of silence, where to go on ("0-0": from the start), how many, and what finish() keeps
-- Returns {where to go on, task …}.
-- include lib/now.lua
-- include lib/notify.lua
local q, me, name = KEYS[1], ARGV[1], ARGV[2]
local stream = stream_of(q, name)
local keep = {ARGV[6], ARGV[7], ARGV[8]}
local now = now_ms()
local answer = with_group(stream, function()
  return redis.pcall('XAUTOCLAIM', stream, GROUP, me, ARGV[3], ARGV[4], 'COUNT', ARGV[5])
end)
local tasks = {answer[1]}
for _, e in ipairs(answer[2]) do
  local t = task(q, name, e[1], e[2], now, keep)
  if t then tasks[#tasks + 1] = t end
end
return tasks
