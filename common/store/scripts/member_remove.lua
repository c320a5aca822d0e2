-- Takes a member out of a room: oneself (left), or another (removed; owners anyone, admins plain members). When
-- the last owner leaves, an admin or else the first member by name takes over.
-- KEYS  conversation, members, log, mute, pushed
-- ARGV  actor, user, time
-- Returns {"left"|"removed", seq}, {"not_found"} (the actor is no member), {"no_member"}, {"forbidden"}.
-- include lib/nodes.lua
-- include lib/log.lua
local actor, user, time = ARGV[1], ARGV[2], ARGV[3]
local actor_role = redis.call('HGET', KEYS[2], actor)
if not actor_role then return {'not_found'} end
if redis.call('HGET', KEYS[1], 'kind') ~= 'room' then return {'forbidden'} end
local role = redis.call('HGET', KEYS[2], user)
if not role then return {'no_member'} end
if actor ~= user and actor_role ~= 'owner' and not (actor_role == 'admin' and role == 'member') then
  return {'forbidden'}
end

local id = string.match(KEYS[1], '{(.*)}')
local function tell(action, who, new_role)
  local seq, record = append(KEYS[1], KEYS[3], 'e', member_tail(action, who, actor, new_role, time))
  ring(KEYS[1], redis.call('HGET', KEYS[1], 'nodes'), '', 'L ' .. id .. ' ' .. record)
  return seq
end

redis.call('HDEL', KEYS[2], user)
redis.call('HDEL', KEYS[1], 'read:' .. user, 'received:' .. user)
redis.call('HDEL', KEYS[4], user)
redis.call('HDEL', KEYS[5], user)
local action = actor == user and 'left' or 'removed'
local seq = tell(action, user, role)

if role == 'owner' then
  local heir, heir_role
  local members = redis.call('HGETALL', KEYS[2])
  for i = 1, #members, 2 do
    local name, r = members[i], members[i + 1]
    if r == 'owner' then return {action, seq} end
    if not heir or (r == 'admin' and heir_role ~= 'admin') or (r == heir_role and name < heir) then
      heir, heir_role = name, r
    end
  end
  if heir then
    redis.call('HSET', KEYS[2], heir, 'owner')
    seq = tell('role', heir, 'owner')
  end
end
return {action, seq}
