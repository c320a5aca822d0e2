-- Gives a server work: first what is due again goes back into its stream, then entries are read, high before normal
-- before low, but so that of sixteen at least three are normal and one is low when there are any.
-- KEYS  queue
-- ARGV  consumer, how many (at least 16), what finish() keeps, and "trim" or "": whether to drop what is done with, too
-- Returns {more, task …}: more is 1 when there may be more now; a task is as in task(), or only the first text of that.
-- include lib/now.lua
-- include lib/notify.lua
local q, me, n = KEYS[1], ARGV[1], tonumber(ARGV[2])
local keep = {ARGV[3], ARGV[4], ARGV[5]}
local now = now_ms()

for _, member in ipairs(call('ZRANGEBYSCORE', q .. ':later', '-inf', now, 'LIMIT', 0, n)) do
  local id, device = string.match(member, '^(%S+) (%S+)$')
  local priority = call('HGET', q .. ':n:' .. id, 'priority')
  call('ZREM', q .. ':later', member)
  if priority then enqueue(q, priority, id, device) end
end

-- What waits where nobody looks, in the lane of a host that does not answer, expires too.
for _, id in ipairs(call('ZRANGEBYSCORE', q .. ':expiry', '-inf', now, 'LIMIT', 0, n)) do
  call('ZREM', q .. ':expiry', id) -- first: when Redis is full it allows a script to begin with this
  if not has_ended(call('HGET', q .. ':n:' .. id, 'status')) and not finish_waiting(q, id, now, 'expired', keep) then
    call('ZADD', q .. ':expiry', now + 5000, id)
  end
end

if ARGV[6] == 'trim' then trim(q) end
local tasks, left = {0}, n
local all_wait = call('EXISTS', q .. ':ended') == 0
local function read(name, count)
  if count <= 0 then return end
  local stream = stream_of(q, name)
  local answer = with_group(stream, function()
    return redis.pcall('XREADGROUP', 'GROUP', GROUP, me, 'COUNT', count, 'STREAMS', stream, '>')
  end)
  for _, e in ipairs(answer and answer[1] and answer[1][2] or {}) do
    left = left - 1
    local fields = e[2]
    -- Nobody has had this one (release), and it has not ended, so all there is to know of it is here.
    if all_wait and fields[1] == 't' and tonumber(string.match(fields[2], '^%d+')) > now then
      tasks[#tasks + 1] = name .. ' ' .. e[1] .. ' ' .. fields[2]
    else
      tasks[#tasks + 1] = task(q, name, e[1], fields, now, keep)
    end
  end
end
read('high', n - math.floor(n / 4))
read('normal', left - math.max(1, math.floor(n / 16)))
read('low', left)
read('normal', left)
read('high', left)
if left <= 0 then tasks[1] = 1 end
return tasks
