// What peers answer to the sinks.
#include <cstddef>
#include <cstdint>
#include <string>

#include "usage/sinks/influxdb/influxdb.h"
#include "usage/sinks/opentsdb/opentsdb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  (void)kubevitals::usage::read_influxdb_error(body);
  (void)kubevitals::usage::read_opentsdb_failures(body);
  return 0;
}
