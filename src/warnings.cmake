# strayd_warnings: linked PRIVATE by every target of ours. Errors only in the
# presets (CMAKE_COMPILE_WARNING_AS_ERROR): a packager's newer compiler must not
# break the build.
# Left out: -Wnull-dereference, which GCC 12 raises inside libstdc++ at -O2, and
# with clang -Wdeprecated-declarations, which it raises where libstdc++ 12's own
# stable algorithms call what libstdc++ deprecates. GCC tells of ours.
add_library(strayd_warnings INTERFACE)
target_compile_options(strayd_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
  -Wcast-qual -Wcast-align -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wextra-semi -Wformat=2 -Wundef -Wunused
  -Wimplicit-fallthrough -Wswitch-enum
  -Werror=switch -Werror=return-type -Werror=unused-result
  $<$<CXX_COMPILER_ID:GNU>:
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast>
  $<$<CXX_COMPILER_ID:Clang>:
    -Wthread-safety -Wno-unknown-warning-option -Wno-deprecated-declarations>)

# strayd_room(NAME SOURCES … LINKS …): a static library strayd_NAME.
function(strayd_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(strayd_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(strayd_${name}
    PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(strayd_${name}
    PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE} strayd_warnings)
endfunction()
