-- The chat-servers that have a member of a conversation connected are words in the field `nodes` of its hash: a script
-- reads them together with whatever else it needs of it.
local function without(nodes, gone)
  local rest = {}
  for node in string.gmatch(nodes, '%S+') do
    if node ~= gone then rest[#rest + 1] = node end
  end
  return table.concat(rest, ' ')
end

local function register(conversation, nodes, node)
  if not nodes or nodes == '' then
    redis.call('HSET', conversation, 'nodes', node)
  elseif not string.find(' ' .. nodes .. ' ', ' ' .. node .. ' ', 1, true) then
    redis.call('HSET', conversation, 'nodes', nodes .. ' ' .. node)
  end
end

-- Rings the doorbell of each of them (`nodes` as it was read), but not of `self`. `bell` is the text, or a function
-- that makes it when there is somebody to hear it. A server that nobody listens for any more is forgotten: after a
-- crash it would stay there for ever. (It comes back under another name, and a live one whose subscription broke
-- registers everything again.)
local function ring(conversation, nodes, self, bell)
  if not nodes or nodes == self then return end
  for node in string.gmatch(nodes, '%S+') do
    if node ~= self then
      if type(bell) == 'function' then bell = bell() end
      if redis.call('PUBLISH', 'node:' .. node, bell) == 0 then
        nodes = without(nodes, node)
        redis.call('HSET', conversation, 'nodes', nodes)
      end
    end
  end
end
