# What every target of ours is built with, and the few ways to declare one.
add_library(kubevitals_options INTERFACE)
target_include_directories(kubevitals_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(kubevitals_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                                    -Werror -fno-omit-frame-pointer)
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

# kubevitals_library(<area> SOURCES ... [LINK ...]): one static library an area, kv_<area>.
function(kubevitals_library area)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(kv_${area} STATIC ${ARG_SOURCES})
  target_link_libraries(kv_${area} PUBLIC kubevitals_options ${ARG_LINK})
endfunction()

# kubevitals_test(<area> SOURCES ... [LINK ...]): the unit tests of an area in one program.
function(kubevitals_test area)
  if(NOT KUBEVITALS_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${area}_test ${ARG_SOURCES})
  target_link_libraries(${area}_test PRIVATE kv_${area} GTest::gmock GTest::gtest_main ${ARG_LINK})
  add_test(NAME unit.${area} COMMAND ${area}_test)
  set_tests_properties(unit.${area} PROPERTIES TIMEOUT 300 LABELS unit)
endfunction()

# kubevitals_fuzz(<name> <source> <library>): one libFuzzer target; its corpus is beside it in testdata/fuzz/<name>.
function(kubevitals_fuzz name source library)
  if(NOT KUBEVITALS_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE ${library})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_property(GLOBAL APPEND PROPERTY KUBEVITALS_FUZZ_TARGETS fuzz_${name})
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
