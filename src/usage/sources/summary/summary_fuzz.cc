#include "usage/sources/source_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return kubevitals::usage::fuzz_source(*kubevitals::usage::find_source_type("kubernetes.summary_api"), data,
                                        size);
}
