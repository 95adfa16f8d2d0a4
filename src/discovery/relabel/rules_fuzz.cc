// Rules and labels of any kind: the rules as YAML up to the first NUL, then a label a line, "name=value".
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/yaml_fields.h"
#include "discovery/relabel/config.h"
#include "discovery/relabel/rules.h"

namespace {

using namespace kubevitals;
using namespace kubevitals::discovery;

LabelBlockPtr read_labels(std::string_view text) {
  LabelBlockBuilder builder;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) builder.add(line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return builder.build();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view yaml = input.substr(0, input.find('\0'));
  const LabelBlockPtr block = read_labels(input.substr(std::min(size, yaml.size() + 1)));
  YamlProblems problems("rules");
  const auto document = parse_yaml(std::string(yaml), problems);
  if (!document) return 0;
  for (const NameValidation scheme : {NameValidation::kUtf8, NameValidation::kLegacy}) {
    const auto configs = read_relabel_configs(*document, scheme, "target");
    if (!problems.empty()) return 0;
    RelabelRules rules(configs, scheme);
    LabelSet applied;
    applied.reset(block.get());
    LabelSet traced;
    traced.reset(block.get());
    const auto dropped = rules.apply(applied);
    // Explanations and outcomes agree.
    if (rules.trace(traced, [](const RelabelStep&) {}) != dropped) std::abort();
    const auto& a = applied.labels();
    const auto& b = traced.labels();
    const auto same = [](const Label& x, const Label& y) { return x.name == y.name && x.value == y.value; };
    if (!dropped && !std::equal(a.begin(), a.end(), b.begin(), b.end(), same)) std::abort();
  }
  return 0;
}
