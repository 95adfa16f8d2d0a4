// Any bytes as an answer of a DNS server, and any text as a resolv.conf.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/dns/group.h"
#include "discovery/dns/message.h"
#include "discovery/dns/resolv_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = dns::parse_message(bytes);
  if (message) {
    const TargetGroupPtr group = dns::group_of("name", message->records, 80);
    if (group->targets.size() != message->records.size()) std::abort();
    for (const dns::Record& record : message->records) {
      if (record.target.empty()) std::abort();
    }
  }
  const dns::ResolvConf conf = dns::parse_resolv_conf(bytes);
  for (const std::string& name : dns::candidates(conf, bytes.substr(0, 40))) {
    if (name.empty() || name.back() != '.') std::abort();
  }
  return 0;
}
