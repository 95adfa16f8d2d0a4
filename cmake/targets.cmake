# What every target of ours is built with, and the few ways to declare one.
add_library(kubevitals_options INTERFACE)
target_include_directories(kubevitals_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
# What is precompiled, for all alike: GCC takes a precompiled header only where the same macros are defined.
target_link_libraries(kubevitals_options INTERFACE asio fmt::fmt spdlog::spdlog Boost::json)
target_compile_options(kubevitals_options INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Werror
                                                    -fno-omit-frame-pointer -pthread)
if(NOT KUBEVITALS_BATCH)  # in a batch it would warn of what a neighbour says
  target_compile_options(kubevitals_options INTERFACE -Wshadow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns falsely about inlined library code and about the frames of coroutines.
  target_compile_options(kubevitals_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds
                                                      -Wno-stringop-overflow -Wno-stringop-overread
                                                      -Wno-mismatched-new-delete -Wno-dangling-pointer)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(kubevitals_options INTERFACE -Wthread-safety)
endif()
if(KUBEVITALS_SANITIZE)
  add_compile_options(-fsanitize=${KUBEVITALS_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${KUBEVITALS_SANITIZE})
endif()

# kubevitals_precompile(<target> <"" or _for_tests>): headers that most files include, read once for all libraries, and once
# for all tests, which are not optimised. The lint does without them, and finds out which includes are missing.
if(KUBEVITALS_PRECOMPILE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")  # for ccache
endif()
function(kubevitals_precompile target suffix)
  if(NOT KUBEVITALS_PRECOMPILE)
    return()
  endif()
  set(owner precompiled${suffix})
  if(NOT TARGET ${owner})
    file(WRITE ${CMAKE_BINARY_DIR}/${owner}.cc "")
    add_library(${owner} OBJECT ${CMAKE_BINARY_DIR}/${owner}.cc)
    target_link_libraries(${owner} PRIVATE kubevitals_options)
    target_precompile_headers(${owner} PRIVATE
      <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <string> <string_view> <unordered_map>
      <variant> <vector> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
      <boost/asio/ip/tcp.hpp> <boost/asio/redirect_error.hpp> <boost/asio/steady_timer.hpp>
      <boost/asio/strand.hpp> <boost/asio/use_awaitable.hpp> <boost/json.hpp> <fmt/format.h> <spdlog/spdlog.h>)
    if(suffix STREQUAL _for_tests)
      target_link_libraries(${owner} PRIVATE GTest::gmock)
      target_precompile_headers(${owner} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
      target_compile_options(${owner} PRIVATE -O0)
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# kubevitals_batch(<target>): compiles a target's sources some at a time, as one file, so that headers are read once for
# all of them. cmake/batches.py finds out what goes together. Only where CI builds from nothing: one
# changed file takes longer.
function(kubevitals_batch target)
  if(NOT KUBEVITALS_BATCH)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source NORMALIZE OUTPUT_VARIABLE path)
    get_property(watched GLOBAL PROPERTY KUBEVITALS_WATCHED)
    if(NOT path IN_LIST watched)
      set_property(GLOBAL APPEND PROPERTY KUBEVITALS_WATCHED ${path})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    endif()
  endforeach()
  execute_process(COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/cmake/batches.py ${KUBEVITALS_BATCH} ${sources}
                  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE "\n$" "" lines "${lines}")
  string(REPLACE "\n" ";" lines "${lines}")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([0-9]+) (.*)$" ignored "${line}")
    set_source_files_properties(${CMAKE_MATCH_2} PROPERTIES UNITY_GROUP "${CMAKE_MATCH_1}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# What a build for unit tests, or for fuzzing, needs of everything.
add_custom_target(unit_tests)
add_custom_target(fuzz_targets)

# kubevitals_library(<area> SOURCES ... [LINK ...]): one static library an area, kv_<area>.
function(kubevitals_library area)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(kv_${area} STATIC ${ARG_SOURCES})
  target_link_libraries(kv_${area} PUBLIC kubevitals_options ${ARG_LINK})
  kubevitals_precompile(kv_${area} "")
  kubevitals_batch(kv_${area})
endfunction()

# kubevitals_test(<area> SOURCES ... [LINK ...]): the unit tests of an area in one program.
function(kubevitals_test area)
  if(NOT KUBEVITALS_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${area}_test ${ARG_SOURCES})
  target_link_libraries(${area}_test PRIVATE kv_${area} GTest::gmock GTest::gtest_main ${ARG_LINK})
  target_compile_options(${area}_test PRIVATE -O0)  # half the time to build; what they test is optimised
  kubevitals_precompile(${area}_test _for_tests)
  kubevitals_batch(${area}_test)
  add_dependencies(unit_tests ${area}_test)
  add_test(NAME unit.${area} COMMAND ${area}_test)
  set_tests_properties(unit.${area} PROPERTIES TIMEOUT 900 LABELS unit
                       ENVIRONMENT TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp)
endfunction()

# kubevitals_fuzz(<name> <source> <library>): one libFuzzer target; its corpus is beside it in testdata/fuzz/<name>.
function(kubevitals_fuzz name source library)
  if(NOT KUBEVITALS_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE ${library})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz_targets fuzz_${name})
endfunction()

# kubevitals_bench(<area> SOURCES ... [LINK ...]): google-benchmark program of an area.
function(kubevitals_bench area)
  if(NOT KUBEVITALS_BENCH)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${area}_bench ${ARG_SOURCES})
  target_link_libraries(${area}_bench PRIVATE kv_${area} benchmark::benchmark_main ${ARG_LINK})
endfunction()
