# The Debian package. SOURCE_DATE_EPOCH in the environment makes its bytes depend
# on nothing but the source; packaging/build-deb.sh sets it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME strayd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(STRAYD_MAINTAINER "The strayd authors <maintainers@strayd.example>"
  CACHE STRING "Who packages it: name and address")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${STRAYD_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "end the processes that no supervisor owns any more")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "For hosts that run Node backends under PM2. strayd reads the process table,
leaves what PM2 or another supervisor owns strictly alone, and tells Prometheus
of orphaned processes, of restarts and of who holds which port.

As installed it only observes. Once it is told to, it ends orphans: through
pidfds, within a budget, and with a durable line in its ledger before each
signal.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/conffiles
  ${CMAKE_CURRENT_LIST_DIR}/postinst
  ${CMAKE_CURRENT_LIST_DIR}/prerm
  ${CMAKE_CURRENT_LIST_DIR}/postrm)
include(CPack)
