// InfluxDB: version 1 with databases and retention policies, version 2 with tokens and buckets.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "usage/sinks/influxdb/line_protocol.h"
#include "usage/sinks/sink.h"

namespace kubevitals::usage {

struct InfluxdbOptions {
  std::string url = "http://localhost:8086";
  std::string user = "root";
  std::string password = "root";
  std::string database = "k8s";
  std::string retention = "0";  // "0": for ever
  std::string token;            // version 2 when set
  std::string organization;
  std::string bucket;
  std::size_t concurrency = 1;
  InfluxdbFormat format;
  net::TransportOptions transport;
};

// kInvalid names the option.
Result<InfluxdbOptions> read_influxdb_options(const FlagUri& uri);

// What an answer of version 1 to a query says went wrong: of the whole, or of a statement. Nothing when all
// was well, or the answer is no JSON.
std::optional<std::string> read_influxdb_error(std::string body);

Result<std::unique_ptr<Sink>> make_influxdb_sink(const FlagUri& uri, const SinkContext& context);

}  // namespace kubevitals::usage
