-- One message, once. The hot path: one call stores it, numbers it and rings the other servers.
-- KEYS  conversation, members, log, read, nodes, ids (a period's number is appended to it)
-- ARGV  user, id, time, content (store/record.h), node of the caller, period in ms
-- Returns the seq, or {"duplicate", seq, time}, {"id_reused"}, {"not_found"}.
-- include lib/ring.lua
-- include lib/log.lua
local user, id, time, content = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call('HEXISTS', KEYS[2], user) == 0 then return {'not_found'} end

-- Ids are remembered for one to two periods: in the current one's hash, and looked up in the one before; near the
-- end of a period in the next one too, since another server's clock may be there already.
local length = tonumber(ARGV[6])
local period = math.floor(time / length)
local field = user .. ' ' .. id
local ids = KEYS[6] .. string.format('%d', period)
local seen = redis.call('HGET', ids, field)
  or redis.call('HGET', KEYS[6] .. string.format('%d', period - 1), field)
  or (time % length > length - 60000 and redis.call('HGET', KEYS[6] .. string.format('%d', period + 1), field))
local head = ',"id":"' .. id .. '","from":"' .. user .. '","time":'
if seen then
  local first = redis.call('LINDEX', KEYS[3], 0)
  local first_seq = first and tonumber(string.match(first, '^%a(%d+)'))
  local at = first and tonumber(seen) - first_seq -- below 0: LINDEX would count from the end
  local record = at and at >= 0 and redis.call('LINDEX', KEYS[3], at)
  if not record then return {'duplicate', tonumber(seen), 0} end -- retention has dropped it
  local stored_time, stored = string.match(record, '^(%d+)(.*)$', 2 + #seen + #head)
  if stored ~= content then return {'id_reused'} end
  return {'duplicate', tonumber(seen), tonumber(stored_time)}
end

local seq, record = append(KEYS[1], KEYS[3], 'm', head .. time .. content)
local seq_text = string.format('%d', seq)
redis.call('HSET', ids, field, seq_text)
if redis.call('HLEN', ids) == 1 then redis.call('PEXPIRE', ids, length * 3) end
redis.call('HSET', KEYS[4], user, seq_text) -- who writes has read
ring(KEYS[5], ARGV[5], 'L ' .. string.match(KEYS[1], '{(.*)}') .. ' ' .. record)
return seq
