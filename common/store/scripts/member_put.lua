-- Adds a member to a room, or changes a role. Owners may do both and make others owners; admins may add
-- plain members.
-- KEYS  conversation, members, log
-- ARGV  actor, user, role, time, members at most (0: any number)
-- Returns {"joined"|"role"|"same", seq}, {"not_found"} (the actor is no member), {"forbidden"},
-- {"full"}, {"last_owner"}.
-- include lib/nodes.lua
-- include lib/log.lua
local actor, user, role = ARGV[1], ARGV[2], ARGV[3]
local actor_role = redis.call('HGET', KEYS[2], actor)
if not actor_role then return {'not_found'} end
if redis.call('HGET', KEYS[1], 'kind') ~= 'room' then return {'forbidden'} end

local old = redis.call('HGET', KEYS[2], user)
local adds_member = not old and role == 'member'
if actor_role ~= 'owner' and not (actor_role == 'admin' and adds_member) then
  if not (old == role and actor_role == 'admin') then return {'forbidden'} end
end
if old == role then return {'same', tonumber(redis.call('HGET', KEYS[1], 'seq'))} end

if old == 'owner' then -- a room is never left without one
  local owners = 0
  for _, r in ipairs(redis.call('HVALS', KEYS[2])) do
    if r == 'owner' then owners = owners + 1 end
  end
  if owners == 1 then return {'last_owner'} end
end
local most = tonumber(ARGV[5])
if not old and most > 0 and redis.call('HLEN', KEYS[2]) >= most then return {'full'} end

redis.call('HSET', KEYS[2], user, role)
local action = old and 'role' or 'joined'
local seq, record = append(KEYS[1], KEYS[3], 'e', member_tail(action, user, actor, role, ARGV[4]))
if not old then redis.call('HSET', KEYS[1], 'read:' .. user, string.format('%d', seq)) end
ring(KEYS[1], redis.call('HGET', KEYS[1], 'nodes'), '', 'L ' .. string.match(KEYS[1], '{(.*)}') .. ' ' .. record)
return {action, seq}
