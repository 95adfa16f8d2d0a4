#include "discovery/dns/resolv_conf.h"

#include <algorithm>
#include <charconv>

namespace kubevitals::discovery::dns {
namespace {

constexpr int kMaxNdots = 15;  // as in glibc

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\v\f";
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kSpace);
    if (begin == line.npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(kSpace), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

void read_option(std::string_view option, ResolvConf& conf) {
  constexpr std::string_view kNdots = "ndots:";
  if (!option.starts_with(kNdots)) return;
  option.remove_prefix(kNdots.size());
  int number = 0;
  const auto [end, error] = std::from_chars(option.data(), option.data() + option.size(), number);
  if (error == std::errc::result_out_of_range) {
    number = kMaxNdots;
  } else if (error != std::errc() || end != option.data() + option.size()) {
    number = 0;
  }
  conf.ndots = std::clamp(number, 0, kMaxNdots);
}

void read_line(const std::vector<std::string_view>& words, ResolvConf& conf) {
  if (words.empty()) return;
  if (words[0] == "nameserver" && words.size() > 1) {
    conf.servers.emplace_back(words[1]);
  } else if (words[0] == "search") {
    conf.search.assign(words.begin() + 1, words.end());
  } else if (words[0] == "domain") {
    conf.search.assign(words.begin() + 1, words.begin() + std::min<std::ptrdiff_t>(2, std::ssize(words)));
  } else if (words[0] == "options") {
    for (std::size_t i = 1; i < words.size(); ++i) read_option(words[i], conf);
  }
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    read_line(words_of(text.substr(0, end)), conf);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return conf;
}

std::vector<std::string> candidates(const ResolvConf& conf, std::string_view name) {
  std::string full(name);
  if (full.ends_with('.')) return {full};
  full += '.';
  const bool first = std::count(name.begin(), name.end(), '.') >= conf.ndots;
  std::vector<std::string> names;
  const auto add = [&](std::string candidate) {
    if (std::find(names.begin(), names.end(), candidate) == names.end()) names.push_back(candidate);
  };
  if (first) add(full);
  for (const std::string& domain : conf.search) {
    // "search ." is what systemd writes for no search list.
    std::string candidate = domain == "." ? full : full + domain;
    if (!candidate.ends_with('.')) candidate += '.';
    add(std::move(candidate));
  }
  if (!first) add(full);
  return names;
}

}  // namespace kubevitals::discovery::dns
