-- What the api-server remembers of a user: the profile, and which sessions are alive.
-- KEYS  user, sessions
-- Returns {"ok", created, display_name, about, avatar_url, session …} ("" for what there is not), or {"not_found"}
-- (no such user, or erased).
local user = redis.call('HMGET', KEYS[1], 'password', 'created', 'display_name', 'about', 'avatar_url')
if not user[1] then return {'not_found'} end
local answer = {'ok', user[2], user[3] or '', user[4] or '', user[5] or ''}
for _, session in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('EXISTS', KEYS[1] .. ':session:' .. session) == 1 then table.insert(answer, session) end
end
return answer
