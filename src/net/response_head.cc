#include "net/response_head.h"

#include <strings.h>

#include <boost/beast/http/status.hpp>
#include <ctime>
#include <string_view>

namespace kubevitals::net {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// RFC 9110 section 5.6.7; formatted once a second.
const std::string& date_line() {
  thread_local std::time_t formatted_at = 0;
  thread_local std::string line;
  const std::time_t now = std::time(nullptr);
  if (now != formatted_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    const std::size_t size = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    line.assign(text, size);
    formatted_at = now;
  }
  return line;
}

bool may_send(std::string_view name, std::string_view value) {
  // The server's business.
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (same_name(name, own)) return false;
  }
  constexpr std::string_view kBreaks("\r\n\0", 3);
  return !name.empty() && name.find_first_of(": \t") == std::string_view::npos &&
         name.find_first_of(kBreaks) == std::string_view::npos &&
         value.find_first_of(kBreaks) == std::string_view::npos;
}

std::string_view reason_of(int status) {
  namespace http = boost::beast::http;
  const http::status known = http::int_to_status(static_cast<unsigned>(status));
  if (known == http::status::unknown) return {};
  const auto reason = http::obsolete_reason(known);
  return {reason.data(), reason.size()};
}

}  // namespace

bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string response_head(const ServerResponse& response, unsigned version, bool keep_alive,
                          Framing framing) {
  const bool valid = response.status >= 100 && response.status <= 999;
  const int status = valid ? response.status : 500;
  std::string head;
  head.reserve(256);
  head.append(version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(status)).append(" ");
  head.append(reason_of(status)).append("\r\n").append(date_line());
  for (const auto& [name, value] : response.headers) {
    if (may_send(name, value)) head.append(name).append(": ").append(value).append("\r\n");
  }
  if (framing.length) head.append("Content-Length: ").append(std::to_string(*framing.length)).append("\r\n");
  if (framing.chunked) head.append("Transfer-Encoding: chunked\r\n");
  if (!keep_alive) head.append("Connection: close\r\n");
  if (keep_alive && version == 10) head.append("Connection: keep-alive\r\n");
  head.append("\r\n");
  return head;
}

}  // namespace kubevitals::net
