// Any text as YAML, read as every type there is: complaints are one line each, and nothing that is read twice
// reads differently.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/yaml_fields.h"

namespace kubevitals {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <typename T>
void read(const YamlValue& value) {
  T out{};
  static_cast<void>(value.read(out));
}

void walk(const YamlValue& value) {
  std::string text;
  const bool is_text = value.read(text);
  require(!value.is_scalar() || !value.is_list());
  require(!is_text || value.is_scalar() || value.is_null() || value.is_missing());
  read<bool>(value);
  read<double>(value);
  read<int>(value);
  read<std::uint16_t>(value);
  read<std::uint64_t>(value);
  read<std::optional<std::int64_t>>(value);
  read<std::vector<std::string>>(value);
  read<std::map<std::string, std::string>>(value);
  if (value.is_list()) {
    for (const YamlValue& item : value.items()) walk(item);
  }
  if (!value.is_map()) return;
  const auto members = value.members();
  YamlMapping mapping(value);
  for (const auto& [key, member] : members) {
    require(mapping.has(key));
    walk(member);
  }
  if (!members.empty()) static_cast<void>(mapping.get(members.front().first));
  mapping.finish();
}

}  // namespace
}  // namespace kubevitals

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  YamlProblems problems("f");
  const auto value = parse_yaml(std::string(reinterpret_cast<const char*>(data), size), problems);
  if (value) walk(*value);
  require(value.has_value() || problems.empty());
  require(problems.found().size() <= 201);
  for (const std::string& problem : problems.found()) {
    for (const unsigned char c : problem) require(c >= ' ' && c != 127);
  }
  return 0;
}
