#include "discovery/relabel/rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/go_text.h"
#include "base/utf8.h"

namespace kubevitals::discovery {
namespace {

constexpr std::size_t kMaxNameBytes = 4096;     // Kubernetes' longest become 330
constexpr std::size_t kMaxMappedLabels = 4096;  // a labelmap adds none to so many
constexpr std::size_t kMaxJoinedBytes = std::size_t{16} << 20;

bool looks_at_names(RelabelAction action) {
  return action == RelabelAction::kLabelMap || action == RelabelAction::kLabelDrop ||
         action == RelabelAction::kLabelKeep;
}

// Go's Regexp.ReplaceAllString: every match becomes its expansion, but for an empty one right behind another.
// Nothing when it gets too long for a name.
std::optional<std::string> replace_all(const Pattern& pattern, const Expansion& replacement,
                                       std::string_view text, PatternMatch& match) {
  std::string repaired;
  if (!is_utf8(text)) text = repaired = repair_utf8(text);
  std::string out;
  std::size_t copied = 0;
  std::size_t from = 0;
  while (from <= text.size() && pattern.find(text, from, match)) {
    const std::string_view whole = match.groups[0];
    const auto begin = static_cast<std::size_t>(whole.data() - text.data());
    const std::size_t end = begin + whole.size();
    out.append(text.substr(copied, begin - copied));
    if (end > copied || begin == 0) replacement.append(match, out);
    if (out.size() > kMaxNameBytes) return std::nullopt;
    copied = end;
    const std::size_t width = from < text.size() ? decode_rune(text.substr(from)).bytes : 1;
    from = std::max(from + width, end);
  }
  out.append(text.substr(std::min(copied, text.size())));
  return out.size() > kMaxNameBytes ? std::nullopt : std::optional(std::move(out));
}

void find_changes(const std::vector<Label>& before, const std::vector<Label>& after,
                  std::vector<RelabelStep::Change>& out) {
  auto was = before.begin();
  auto is = after.begin();
  while (was != before.end() || is != after.end()) {
    if (is == after.end() || (was != before.end() && was->name < is->name)) {
      out.push_back({was->name, std::string(was->value), {}});
      ++was;
    } else if (was == before.end() || is->name < was->name) {
      out.push_back({is->name, {}, std::string(is->value)});
      ++is;
    } else {
      if (was->value != is->value) out.push_back({is->name, std::string(was->value), std::string(is->value)});
      ++was;
      ++is;
    }
  }
  std::sort(out.begin(), out.end(), [](const RelabelStep::Change& a, const RelabelStep::Change& b) {
    return a.name.text() < b.name.text();
  });
}

}  // namespace

RelabelRules::RelabelRules(const std::vector<RelabelConfig>& configs, NameValidation scheme)
    : scheme_(scheme) {
  rules_.reserve(configs.size());
  for (const RelabelConfig& config : configs) {
    rules_.push_back(compile(config, scheme));
    if (config.action == RelabelAction::kLabelMap) last_map_ = rules_.size();
  }
}

RelabelRules::Rule RelabelRules::compile(const RelabelConfig& config, NameValidation scheme) {
  Result<Pattern> pattern = Pattern::compile(config.regex);
  Rule rule{.action = config.action,
            .sources = {},
            .separator = config.separator,
            .pattern = pattern ? *std::move(pattern) : Pattern::nothing(),
            .modulus = config.modulus,
            .target = {},
            .target_name = {},
            .replacement = {},
            .names = {},
            .mapped = {}};
  for (const std::string& source : config.source_labels) rule.sources.emplace_back(source);
  rule.replacement = Expansion(config.replacement, rule.pattern);
  if (config.action != RelabelAction::kReplace) {
    rule.target_name = LabelName(config.target_label);
    return rule;
  }
  rule.target = Expansion(config.target_label, rule.pattern);
  rule.needs_groups = !rule.target.is_constant() || !rule.replacement.is_constant();
  if (rule.target.is_constant() && is_valid_label_name(rule.target.constant(), scheme)) {
    rule.target_name = LabelName(rule.target.constant());
  }
  return rule;
}

std::optional<std::size_t> RelabelRules::apply(LabelSet& labels) {
  ages_.clear();
  for (at_ = 0; at_ < rules_.size(); ++at_) {
    if (run(rules_[at_], labels).dropped) return at_;
  }
  return std::nullopt;
}

std::optional<std::size_t> RelabelRules::trace(LabelSet& labels,
                                               const std::function<void(const RelabelStep&)>& on_step) {
  ages_.clear();
  for (at_ = 0; at_ < rules_.size(); ++at_) {
    Rule& rule = rules_[at_];
    RelabelStep step;
    step.rule = at_;
    if (!looks_at_names(rule.action)) step.value = join_sources(rule, labels);
    const std::vector<Label> before = labels.labels();
    const Verdict verdict = run(rule, labels);
    step.matched = verdict.matched;
    step.dropped = verdict.dropped;
    find_changes(before, labels.labels(), step.changes);
    on_step(step);
    if (verdict.dropped) return at_;
  }
  return std::nullopt;
}

RelabelRules::Verdict RelabelRules::run(Rule& rule, LabelSet& labels) {
  if (looks_at_names(rule.action)) {
    return rule.action == RelabelAction::kLabelMap
               ? map_names(rule, labels)
               : filter_names(rule, labels, rule.action == RelabelAction::kLabelDrop);
  }
  const std::string_view value = join_sources(rule, labels);
  switch (rule.action) {
    case RelabelAction::kKeep: {
      const bool matched = rule.pattern.matches(value);
      return {matched, !matched};
    }
    case RelabelAction::kDrop: {
      const bool matched = rule.pattern.matches(value);
      return {matched, matched};
    }
    case RelabelAction::kKeepEqual: {
      const bool equal = labels.get(*rule.target_name) == value;
      return {equal, !equal};
    }
    case RelabelAction::kDropEqual: {
      const bool equal = labels.get(*rule.target_name) == value;
      return {equal, equal};
    }
    case RelabelAction::kLowercase:
      set(labels, *rule.target_name, to_lower(value));
      return {true};
    case RelabelAction::kUppercase:
      set(labels, *rule.target_name, to_upper(value));
      return {true};
    case RelabelAction::kHashMod:
      return hash(rule, labels, value);
    default:
      return replace(rule, labels, value);
  }
}

std::string_view RelabelRules::join_sources(const Rule& rule, const LabelSet& labels) {
  if (rule.sources.empty()) return {};
  if (rule.sources.size() == 1) return labels.get(rule.sources[0]);
  joined_.clear();
  for (const LabelName& source : rule.sources) {
    if (&source != rule.sources.data()) joined_.append(rule.separator);
    joined_.append(labels.get(source));
    if (joined_.size() > kMaxJoinedBytes) break;
  }
  return joined_;
}

RelabelRules::Verdict RelabelRules::replace(const Rule& rule, LabelSet& labels, std::string_view value) {
  if (!rule.needs_groups) {
    const bool matched = rule.pattern.matches(value);
    if (matched && rule.target_name) set(labels, *rule.target_name, rule.replacement.constant());
    return {matched};
  }
  if (!rule.pattern.find(value, 0, match_)) return {false};
  std::optional<LabelName> name = rule.target_name;
  if (!name) {
    target_.clear();
    if (!rule.target.append(match_, target_) || target_.size() > kMaxNameBytes) return {true};
    if (!is_valid_label_name(target_, scheme_)) return {true};
    name = labels.keep_name(target_);
  }
  result_.clear();
  if (rule.replacement.append(match_, result_)) set(labels, *name, result_);
  return {true};
}

RelabelRules::Verdict RelabelRules::hash(const Rule& rule, LabelSet& labels, std::string_view value) {
  if (rule.modulus == 0) return {true};
  char text[20];
  const auto end = std::to_chars(std::begin(text), std::end(text), md5_.last_bytes(value) % rule.modulus).ptr;
  set(labels, *rule.target_name, {text, static_cast<std::size_t>(end - text)});
  return {true};
}

// All labels as they are now. Where two get the same name, the later one wins: those that rules have set come
// behind those that the target began with, which come by name.
RelabelRules::Verdict RelabelRules::map_names(Rule& rule, LabelSet& labels) {
  bool matched = false;
  mappings_.clear();
  for (const Label& label : labels.labels()) {
    if (!name_matches(rule, label.name)) continue;
    matched = true;
    if (const auto to = map_name(rule, label.name, labels)) mappings_.push_back({label, *to});
  }
  const auto by_target = [](const Mapping& a, const Mapping& b) { return a.to < b.to; };
  const auto same_target = [](const Mapping& a, const Mapping& b) { return a.to == b.to; };
  std::sort(mappings_.begin(), mappings_.end(), by_target);
  const bool collide = std::adjacent_find(mappings_.begin(), mappings_.end(), same_target) != mappings_.end();
  if (collide || at_ + 1 < last_map_) sort_by_age();
  for (const Mapping& mapping : mappings_) {
    if (labels.labels().size() >= kMaxMappedLabels && labels.get(mapping.to).empty()) continue;
    set(labels, mapping.to, mapping.label.value);
  }
  return {matched};
}

void RelabelRules::sort_by_age() {
  for (Mapping& mapping : mappings_) {
    const auto known = ages_.find(mapping.label.name.number());
    mapping.age = known == ages_.end() ? 0 : known->second;
  }
  std::sort(mappings_.begin(), mappings_.end(), [](const Mapping& a, const Mapping& b) {
    return a.age != b.age ? a.age < b.age : a.label.name.text() < b.label.name.text();
  });
}

RelabelRules::Verdict RelabelRules::filter_names(Rule& rule, LabelSet& labels, bool remove_matches) {
  bool any = false;
  const auto unwanted = [&](LabelName name) {
    const bool matches = name_matches(rule, name);
    any = any || matches;
    return matches == remove_matches;
  };
  labels.remove_if(unwanted);
  std::erase_if(ages_, [&](const auto& age) { return unwanted(LabelName::numbered(age.first)); });
  return {any};
}

bool RelabelRules::name_matches(Rule& rule, LabelName name) {
  using Known = Rule::Known;
  if (!name.is_lasting()) return rule.pattern.matches(name.text());
  if (name.number() >= rule.names.size()) rule.names.resize(name.number() + 1, Known::kNo);
  Known& known = rule.names[name.number()];
  if (known == Known::kNo) known = rule.pattern.matches(name.text()) ? Known::kMatch : Known::kMismatch;
  return known == Known::kMatch;
}

std::optional<LabelName> RelabelRules::map_name(Rule& rule, LabelName name, LabelSet& labels) {
  if (const auto known = rule.mapped.find(name.number()); known != rule.mapped.end()) return known->second;
  const auto text = replace_all(rule.pattern, rule.replacement, name.text(), match_);
  const auto to = text ? std::optional(labels.keep_name(*text)) : std::nullopt;
  if (name.is_lasting() && (!to || to->is_lasting())) rule.mapped.emplace(name.number(), to);
  return to;
}

void RelabelRules::set(LabelSet& labels, LabelName name, std::string_view value) {
  labels.set(name, value);
  if (at_ >= last_map_) return;
  if (value.empty()) {
    ages_.erase(name.number());
  } else {
    ages_.try_emplace(name.number(), ++last_age_);
  }
}

}  // namespace kubevitals::discovery
