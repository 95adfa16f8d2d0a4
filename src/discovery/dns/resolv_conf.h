// /etc/resolv.conf, and which names it makes of one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kubevitals::discovery::dns {

struct ResolvConf {
  std::vector<std::string> servers;
  std::vector<std::string> search;
  int ndots = 1;  // a name with at least as many dots is tried as it is first
};

// Lines that make no sense are passed over, as resolvers do. Of several domain and search lines the last
// counts.
ResolvConf parse_resolv_conf(std::string_view text);

// The names to ask for, one after the other until one is known, each with a final dot: the name itself when
// it has one, otherwise also the name within each domain of the search list.
std::vector<std::string> candidates(const ResolvConf& conf, std::string_view name);

}  // namespace kubevitals::discovery::dns
