// Prometheus' remote write protocol, version 1.0, to Prometheus itself and to all that take the place of its
// storage.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "net/http_client.h"
#include "usage/sinks/remote_write/write_request.h"
#include "usage/sinks/sink.h"

namespace kubevitals::usage {

struct RemoteWriteOptions {
  std::string url;  // "http://prometheus:9090/api/v1/write"
  std::string user;
  std::string password;
  std::string bearer_token;
  std::string bearer_token_file;  // read again for each batch
  net::Headers headers;           // X-Scope-OrgID and the like
  std::size_t concurrency = 1;
  RemoteWriteFormat format;
  net::TransportOptions transport;
};

// kInvalid names the option.
Result<RemoteWriteOptions> read_remote_write_options(const FlagUri& uri);

Result<std::unique_ptr<Sink>> make_remote_write_sink(const FlagUri& uri, const SinkContext& context);

}  // namespace kubevitals::usage
