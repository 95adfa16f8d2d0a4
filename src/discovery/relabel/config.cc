#include "discovery/relabel/config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/go_text.h"
#include "base/utf8.h"
#include "discovery/relabel/md5.h"
#include "discovery/relabel/pattern.h"

namespace kubevitals::discovery {
namespace {

struct ActionName {
  RelabelAction action;
  std::string_view name;
};

constexpr std::array<ActionName, 11> kActions = {{
    {RelabelAction::kReplace, "replace"},
    {RelabelAction::kKeep, "keep"},
    {RelabelAction::kDrop, "drop"},
    {RelabelAction::kKeepEqual, "keepequal"},
    {RelabelAction::kDropEqual, "dropequal"},
    {RelabelAction::kHashMod, "hashmod"},
    {RelabelAction::kLabelMap, "labelmap"},
    {RelabelAction::kLabelDrop, "labeldrop"},
    {RelabelAction::kLabelKeep, "labelkeep"},
    {RelabelAction::kLowercase, "lowercase"},
    {RelabelAction::kUppercase, "uppercase"},
}};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_word_start(char c) {
  return is_word(c) && !(c >= '0' && c <= '9');
}

// The length of "$name" or "${name}" at the beginning, 0 when there is none.
std::size_t variable_size(std::string_view text) {
  if (!text.starts_with('$')) return 0;
  const bool braced = text.substr(1).starts_with('{');
  const std::size_t begin = braced ? 2 : 1;
  std::size_t end = begin;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == begin) return 0;
  if (!braced) return end;
  return end < text.size() && text[end] == '}' ? end + 1 : 0;
}

// A legacy name with variables among it: ^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$, which comes to word
// characters and variables, with a digit only where something is before it.
bool is_legacy_template(std::string_view text) {
  if (text.empty() || (text[0] != '$' && !is_word_start(text[0]))) return false;
  while (!text.empty()) {
    const std::size_t size = is_word(text[0]) ? 1 : variable_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool is_valid_template(std::string_view text, NameValidation scheme) {
  return scheme == NameValidation::kLegacy ? is_legacy_template(text) : is_valid_label_name(text, scheme);
}

// A rule's text and what is to know of it besides.
struct Rule {
  RelabelConfig config;
  bool has_action = true;          // not null
  bool has_source_labels = false;  // even an empty list
  bool has_regex = false;

  bool is(std::initializer_list<RelabelAction> actions) const {
    return std::find(actions.begin(), actions.end(), config.action) != actions.end();
  }
};

using enum RelabelAction;

std::string of_action(std::string text, const Rule& rule) {
  return text.append(to_string(rule.config.action)).append(" action");
}

// The first thing that is wrong with a rule as a whole.
std::optional<std::string> find_fault(const Rule& rule, NameValidation scheme) {
  const RelabelConfig& config = rule.config;
  const RelabelConfig defaults;
  if (!rule.has_action) return "relabel action cannot be empty";
  if (rule.is({kHashMod}) && config.modulus == 0) {
    return "relabel configuration for hashmod requires non-zero modulus";
  }
  if (rule.is({kHashMod}) && !Md5::is_available()) {
    return "hashmod needs MD5, which this machine's OpenSSL does not offer";
  }
  const bool equals = rule.is({kKeepEqual, kDropEqual});
  const bool only_target = equals || rule.is({kLowercase, kUppercase});
  if ((only_target || rule.is({kReplace, kHashMod})) && config.target_label.empty()) {
    return of_action("relabel configuration for ", rule) + " requires 'target_label' value";
  }
  const bool templated = rule.is({kReplace}) && config.target_label.find('$') != std::string::npos;
  const bool target_valid = templated ? is_valid_template(config.target_label, scheme)
                                      : is_valid_label_name(config.target_label, scheme);
  if ((only_target || rule.is({kReplace})) && !target_valid) {
    return of_action(go_quote(config.target_label) + " is invalid 'target_label' for ", rule);
  }
  if (only_target && config.replacement != defaults.replacement) {
    return of_action("'replacement' can not be set for ", rule);
  }
  if (rule.is({kLabelMap}) && !is_valid_template(config.replacement, scheme)) {
    return of_action(go_quote(config.replacement) + " is invalid 'replacement' for ", rule);
  }
  if (rule.is({kHashMod}) && !target_valid) {
    return of_action(go_quote(config.target_label) + " is invalid 'target_label' for ", rule);
  }
  const bool more = config.modulus != 0 || config.separator != defaults.separator;
  if (equals && (rule.has_regex || more)) {
    return of_action("", rule) + " requires only 'source_labels' and `target_label`, and no other fields";
  }
  if (rule.is({kLabelDrop, kLabelKeep}) && (rule.has_source_labels || !config.target_label.empty() || more ||
                                            config.replacement != defaults.replacement)) {
    return of_action("", rule) + " requires only 'regex', and no other fields";
  }
  return std::nullopt;
}

void read_action(YamlMapping& fields, Rule& rule) {
  std::string text;
  if (!fields.read("action", text)) return;
  if (fields.get("action").is_null()) {
    rule.has_action = false;
    return;
  }
  const std::string lower = to_lower(text);
  const auto known = std::find_if(kActions.begin(), kActions.end(),
                                  [&](const ActionName& action) { return action.name == lower; });
  if (known == kActions.end()) {
    fields.complain("action", "unknown relabel action " + go_quote(text));
    return;
  }
  rule.config.action = known->action;
}

void read_source_labels(YamlMapping& fields, Rule& rule) {
  const YamlValue list = fields.get("source_labels");
  rule.has_source_labels = !list.is_missing() && !list.is_null();
  for (const YamlValue& item : list.items()) {
    std::string& name = rule.config.source_labels.emplace_back();
    if (item.read(name) && name.empty() && !item.is_null()) item.complain("\"\" is not a valid label name");
  }
}

void read_regex(YamlMapping& fields, Rule& rule) {
  rule.has_regex = fields.has("regex");
  if (!fields.read("regex", rule.config.regex)) return;
  if (const Result<Pattern> pattern = Pattern::compile(rule.config.regex); !pattern) {
    fields.complain("regex", pattern.error().message);
  }
}

RelabelConfig read_rule(const YamlValue& value, NameValidation scheme) {
  Rule rule;
  const std::size_t before = value.problems().found().size();
  YamlMapping fields(value);
  read_source_labels(fields, rule);
  fields.read("separator", rule.config.separator);
  read_regex(fields, rule);
  fields.read("modulus", rule.config.modulus);
  fields.read("target_label", rule.config.target_label);
  fields.read("replacement", rule.config.replacement);
  read_action(fields, rule);
  fields.finish();
  if (value.problems().found().size() == before) {
    if (const auto fault = find_fault(rule, scheme)) value.complain(*fault);
  }
  return std::move(rule.config);
}

}  // namespace

bool is_valid_label_name(std::string_view name, NameValidation scheme) {
  if (name.empty()) return false;
  if (scheme == NameValidation::kUtf8) return is_utf8(name);
  return is_word_start(name[0]) && std::all_of(name.begin(), name.end(), is_word);
}

std::string_view to_string(RelabelAction action) {
  const auto found = std::find_if(kActions.begin(), kActions.end(),
                                  [&](const ActionName& known) { return known.action == action; });
  return found == kActions.end() ? std::string_view() : found->name;
}

std::vector<RelabelConfig> read_relabel_configs(const YamlValue& list, NameValidation scheme,
                                                std::string_view what) {
  std::vector<RelabelConfig> configs;
  for (const YamlValue& item : list.items()) {
    if (item.is_null()) {
      item.complain(std::string("empty or null ").append(what).append(" relabeling rule in scrape config"));
    } else {
      configs.push_back(read_rule(item, scheme));
    }
  }
  return configs;
}

}  // namespace kubevitals::discovery
