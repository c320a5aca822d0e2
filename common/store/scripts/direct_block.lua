-- One of the two of a direct conversation blocks the other, or does not any more. While the conversation has the field
-- `blocked`, the names of who does, nothing is appended; it may be there before the conversation is.
-- KEYS  conversation
-- ARGV  user, "1" | "0"
-- Returns {"changed"} or {"same"}.
local before = redis.call('HGET', KEYS[1], 'blocked') or ''
local names = {}
for name in string.gmatch(before, '%S+') do
  if name ~= ARGV[1] then names[#names + 1] = name end
end
if ARGV[2] == '1' then names[#names + 1] = ARGV[1] end
table.sort(names)
local after = table.concat(names, ' ')
if after == before then return {'same'} end
if after == '' then
  redis.call('HDEL', KEYS[1], 'blocked')
else
  redis.call('HSET', KEYS[1], 'blocked', after)
end
return {'changed'}
