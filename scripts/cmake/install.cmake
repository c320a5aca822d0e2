# `cmake --install build --prefix /usr --strip`, and Debian packages of the same (`cpack`, see scripts/package): one for
# each daemon, with its service and manual page, and chatapp-common.

include(GNUInstallDirs)

set(DAEMONS api-server chat-server notification-server presence-server)
set(PACKAGING ${CMAKE_BINARY_DIR}/packaging)
set(SERVICES lib/systemd/system) # below the prefix

function(chatapp_manpage daemon)
  set(page ${PACKAGING}/${daemon}.8)
  add_custom_command(OUTPUT ${page}.gz
    COMMAND sh -c "'$<TARGET_FILE:${daemon}>' --help | awk -v version=${PROJECT_VERSION} -f '${PROJECT_SOURCE_DIR}/scripts/manpage.awk' > ${page}"
    COMMAND gzip -9nf ${page}
    DEPENDS ${daemon} ${PROJECT_SOURCE_DIR}/scripts/manpage.awk
    COMMENT "Writing the manual page of ${daemon}"
    VERBATIM)
  add_custom_target(${daemon}-manpage ALL DEPENDS ${page}.gz)
  install(FILES ${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT ${daemon})
endfunction()

foreach(daemon IN LISTS DAEMONS)
  install(TARGETS ${daemon} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT ${daemon})
  configure_file(scripts/systemd/chatapp-daemon.service.in ${PACKAGING}/chatapp-${daemon}.service @ONLY)
  install(FILES ${PACKAGING}/chatapp-${daemon}.service DESTINATION ${SERVICES} COMPONENT ${daemon})
  chatapp_manpage(${daemon})
endforeach()

install(FILES scripts/systemd/chatapp.env DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/chatapp COMPONENT common)
install(FILES common/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT common)
install(PROGRAMS scripts/redis-acl DESTINATION ${CMAKE_INSTALL_SBINDIR} RENAME chatapp-redis-acl COMPONENT common)
install(PROGRAMS scripts/doctor DESTINATION ${CMAKE_INSTALL_SBINDIR} RENAME chatapp-doctor COMPONENT common)
install(DIRECTORY scripts/prometheus scripts/grafana DESTINATION ${CMAKE_INSTALL_DATADIR}/chatapp COMPONENT common)

# ---- Debian packages ----

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chatapp)
set(CPACK_PACKAGE_CONTACT "ChatApp <chatapp@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "real-time chat backend")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL ${DAEMONS} common)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS OFF)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_COMMON_PACKAGE_NAME chatapp-common)
set(CPACK_DEBIAN_COMMON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_COMMON_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_COMMON_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_COMMON_PACKAGE_RECOMMENDS "curl, redis-tools")
set(CPACK_COMPONENT_COMMON_DESCRIPTION "ChatApp: settings and tools that all its daemons share")

set(MAINTAINER_SCRIPTS postinst prerm postrm)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  set(extra "")
  foreach(script IN LISTS MAINTAINER_SCRIPTS)
    set(from scripts/debian/daemon.${script}.in)
    if(component STREQUAL common)
      set(from scripts/debian/common.${script})
    endif()
    if(EXISTS ${PROJECT_SOURCE_DIR}/${from})
      set(daemon ${component})
      configure_file(${from} ${PACKAGING}/${component}/${script} @ONLY FILE_PERMISSIONS
        OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
      list(APPEND extra ${PACKAGING}/${component}/${script})
    endif()
  endforeach()
  string(TOUPPER ${component} NAME)
  if(component STREQUAL common)
    file(WRITE ${PACKAGING}/common/conffiles "/etc/chatapp/chatapp.env\n")
    list(APPEND extra ${PACKAGING}/common/conffiles)
  else()
    set(CPACK_DEBIAN_${NAME}_PACKAGE_NAME chatapp-${component})
    set(CPACK_DEBIAN_${NAME}_PACKAGE_DEPENDS "chatapp-common (= ${PROJECT_VERSION}), init-system-helpers")
    set(CPACK_DEBIAN_${NAME}_PACKAGE_RECOMMENDS redis-server)
    set(CPACK_COMPONENT_${NAME}_DESCRIPTION "ChatApp: the daemon ${component}")
  endif()
  set(CPACK_DEBIAN_${NAME}_PACKAGE_CONTROL_EXTRA "${extra}")
endforeach()
# Loaded when they run, so that nothing shows it.
foreach(daemon IN ITEMS CHAT-SERVER PRESENCE-SERVER)
  string(APPEND CPACK_DEBIAN_${daemon}_PACKAGE_DEPENDS ", libwebsockets-evlib-uv")
endforeach()
include(CPack)
