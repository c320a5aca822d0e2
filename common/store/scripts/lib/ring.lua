-- Rings the doorbell of every chat-server in the set `nodes`, but not of `self`. `bell` is the text, or a function that
-- makes it when there is somebody to hear it. A server that nobody listens for any more is forgotten: after a crash it
-- would stay there for ever. (It comes back under another name, and a live one whose subscription broke registers
-- everything again.)
local function ring(nodes, self, bell)
  for _, node in ipairs(redis.call('SMEMBERS', nodes)) do
    if node ~= self then
      if type(bell) == 'function' then bell = bell() end
      if redis.call('PUBLISH', 'node:' .. node, bell) == 0 then redis.call('SREM', nodes, node) end
    end
  end
end
