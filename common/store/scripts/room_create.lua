-- Makes a room: the owner first, then the members, each with a "joined" record.
-- KEYS  conversation, members, log
-- ARGV  name, owner, time, members (names with a space between, without the owner)
-- Returns {"ok", seq}, or {"exists"}.
-- include lib/log.lua
if redis.call('HSETNX', KEYS[1], 'kind', 'room') == 0 then return {'exists'} end
redis.call('HSET', KEYS[1], 'name', ARGV[1], 'created', ARGV[3], 'seq', '0')
local owner = ARGV[2]
local seq = 0
local function join(user, role)
  redis.call('HSET', KEYS[2], user, role)
  seq = append(KEYS[1], KEYS[3], 'e', member_tail('joined', user, owner, role, ARGV[3]))
end
join(owner, 'owner')
for user in string.gmatch(ARGV[4], '%S+') do
  if redis.call('HEXISTS', KEYS[2], user) == 0 then join(user, 'member') end
end
for _, user in ipairs(redis.call('HKEYS', KEYS[2])) do
  redis.call('HSET', KEYS[1], 'read:' .. user, string.format('%d', seq)) -- being there from the start leaves nothing unread
end
return {'ok', seq}
