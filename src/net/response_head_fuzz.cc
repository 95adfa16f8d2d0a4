// Any text as a field of an answer: the head has only the lines it should have, whatever a handler passes on.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/response_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = text.find('\1');
  ServerResponse response;
  response.headers.add(std::string(text.substr(0, middle)),
                       std::string(middle == text.npos ? text : text.substr(middle + 1)));
  const std::string head = response_head(response, 11, true, Framing{7, false});
  std::size_t lines = 0;
  for (const char c : head) lines += c == '\n' ? 1 : 0;
  // Status, Date, Content-Length and the empty line; one more at most.
  if (lines < 4 || lines > 5 || !head.ends_with("\r\nContent-Length: 7\r\n\r\n")) std::abort();
  if (head.find("\r\n\r\n") != head.size() - 4) std::abort();
  return 0;
}
