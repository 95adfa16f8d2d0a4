// Addresses of targets as text.
#pragma once

#include <string>
#include <string_view>

namespace kubevitals::discovery {

// "host:port", and "[host]:port" when the host has a colon, as Go's net.JoinHostPort.
inline std::string join_host_port(std::string_view host, std::string_view port) {
  const bool brackets = host.find(':') != host.npos;
  std::string text;
  text.reserve(host.size() + port.size() + 3);
  if (brackets) text += '[';
  text += host;
  if (brackets) text += ']';
  text += ':';
  text += port;
  return text;
}

}  // namespace kubevitals::discovery
