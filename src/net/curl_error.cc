#include "net/curl_error.h"

#include <cctype>
#include <string>
#include <string_view>
#include <system_error>

namespace kubevitals::net {
namespace {

// One line, beginning like the middle of a sentence; acronyms stay as they are.
std::string tidy(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line.push_back(blank ? ' ' : c);
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  const bool acronym = line.size() > 1 && std::isupper(static_cast<unsigned char>(line[1])) != 0;
  if (!line.empty() && !acronym)
    line[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(line[0])));
  return line;
}

std::string system_cause(CURL* easy, std::string_view otherwise) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  if (number == 0) return tidy(otherwise);
  return tidy(std::generic_category().message(static_cast<int>(number)));
}

}  // namespace

std::string show_duration(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  if (count % 1000 == 0) return std::to_string(count / 1000) + "s";
  return std::to_string(count) + "ms";
}

Error explain_curl_error(CURL* easy, CURLcode code, const char* detail,
                         std::chrono::milliseconds connect_timeout) {
  const std::string said = tidy(detail[0] != 0 ? detail : curl_easy_strerror(code));
  const auto unavailable = [](std::string cause) { return Error{ErrorCode::kUnavailable, std::move(cause)}; };
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Error{ErrorCode::kTimeout, "no connection within " + show_duration(connect_timeout)};
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return Error{ErrorCode::kInternal, said};
    case CURLE_ABORTED_BY_CALLBACK:
      return Error{ErrorCode::kCancelled, "the client is closed"};
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable("cannot resolve the host's name");
    case CURLE_COULDNT_RESOLVE_PROXY:  // libcurl's text may hold the proxy's credentials
      return unavailable("cannot resolve the proxy's name");
    case CURLE_COULDNT_CONNECT:
      return unavailable(system_cause(easy, said));
    case CURLE_GOT_NOTHING:
      return unavailable("the connection was closed without an answer");
    case CURLE_PARTIAL_FILE:
      return unavailable("the connection was closed in the middle of the answer");
    default:
      return unavailable(said);
  }
}

}  // namespace kubevitals::net
