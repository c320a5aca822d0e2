# `cmake --install build --prefix /usr --strip`: the daemons, each a component of its own.

include(GNUInstallDirs)

foreach(daemon IN ITEMS api-server chat-server notification-server presence-server)
  install(TARGETS ${daemon} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT ${daemon})
endforeach()
