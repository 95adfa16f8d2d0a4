#include "state/selection.h"

#include <algorithm>
#include <utility>

#include "state/known_resources.h"
#include "state/metric_filter.h"

namespace kubevitals::state {
namespace {

using Allowlists = std::map<std::string, std::vector<std::string>>;

constexpr std::string_view kAll = "*";

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// The entries of all flags, without spaces around them and without empty ones; each once.
std::vector<std::string> split(const std::vector<std::string>& flags) {
  std::vector<std::string> entries;
  for (const std::string& flag : flags) {
    std::string_view rest = flag;
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      const std::string_view entry = trim(rest.substr(0, comma));
      if (more) rest.remove_prefix(comma + 1);
      if (!entry.empty() && std::find(entries.begin(), entries.end(), entry) == entries.end()) {
        entries.emplace_back(entry);
      }
    }
  }
  return entries;
}

std::string known_names() {
  std::string names;
  for (const KnownResource& known : kKnownResources) {
    names.append(names.empty() ? "" : ", ").append(known.name);
  }
  return names;
}

Error unknown_resource(std::string_view name) {
  return Error{ErrorCode::kInvalid,
               "there is no resource \"" + std::string(name) + "\"; there are " + known_names()};
}

Result<std::vector<const Resource*>> select_rows(const std::vector<std::string>& names) {
  std::vector<const Resource*> rows;
  for (const std::string& name : names) {
    if (find_known_resource(name) == nullptr) return unknown_resource(name);
    const Resource* row = find_resource(name);
    if (row == nullptr) {
      std::string supported;
      for (const Resource& r : resources()) supported.append(supported.empty() ? "" : ", ").append(r.name);
      return Error{ErrorCode::kUnsupported, "cannot select resource \"" + name +
                                                "\": it is not supported yet; there are " + supported};
    }
    rows.push_back(row);
  }
  if (names.empty()) {
    for (const Resource& row : resources()) {
      const KnownResource* known = find_known_resource(row.name);
      if (known != nullptr && known->is_default) rows.push_back(&row);
    }
  }
  std::sort(rows.begin(), rows.end());  // rows stand in one array
  return rows;
}

// The allow-list of one kind (labels or annotations) for all resources.
class AllowlistFlag {
 public:
  static Result<AllowlistFlag> create(std::string_view flag, const std::vector<std::string>& values,
                                      ManyWildcards many_wildcards) {
    AllowlistFlag result;
    result.flag_ = flag;
    result.many_wildcards_ = many_wildcards;
    if (values.empty()) return result;
    Result<Allowlists> lists = parse_allowlists(values.back());
    if (!lists) return lists.error().wrap(result.context());
    for (const auto& [resource, entries] : *lists) {
      if (resource != kAll && find_known_resource(resource) == nullptr) {
        return unknown_resource(resource).wrap(result.context());
      }
      // Lists of resources that are not selected must be right, too.
      if (const auto list = result.make(entries); !list) return list.error();
    }
    result.lists_ = *std::move(lists);
    return result;
  }

  Result<LabelAllowlist> list_for(std::string_view resource) const {
    auto found = lists_.find(std::string(kAll));
    if (found == lists_.end()) found = lists_.find(std::string(resource));
    if (found == lists_.end()) return LabelAllowlist();
    return make(found->second);
  }

 private:
  std::string context() const { return "cannot read --" + std::string(flag_); }

  Result<LabelAllowlist> make(std::vector<std::string> entries) const {
    if (many_wildcards_ == ManyWildcards::kNeverMatch) {
      for (std::string& entry : entries) {
        // No key is empty.
        if (std::count(entry.begin(), entry.end(), '*') > 1) entry.clear();
      }
    }
    Result<LabelAllowlist> list = LabelAllowlist::create(std::move(entries));
    if (!list) return list.error().wrap(context());
    return list;
  }

  std::string_view flag_;
  ManyWildcards many_wildcards_ = ManyWildcards::kRefuse;
  Allowlists lists_;
};

Error malformed(std::string_view text, std::size_t at, std::string_view cause) {
  return Error{ErrorCode::kInvalid, "\"" + std::string(text) + "\": " + std::string(cause) +
                                        " at character " + std::to_string(at + 1) +
                                        "; expected resource=[key,key],resource=[]"};
}

}  // namespace

// Accepts and refuses exactly what KSM does, oddities included: text without any "=" gives no list at all.
Result<Allowlists> parse_allowlists(std::string_view text) {
  Allowlists lists;
  std::string name;
  std::size_t word = 0;  // where the current name or key begins
  const auto at = [text](std::size_t index) { return index < text.size() ? text[index] : '\0'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char previous = i == 0 ? text[0] : text[i - 1];
    const char next = at(i + 1);
    const bool last = i + 1 == text.size();
    const auto current_word = [&] { return std::string(trim(text.substr(word, i - word))); };
    switch (text[i]) {
      case '=':
        if (previous == ',' || next != '[') return malformed(text, i, "misplaced \"=\"");
        name = current_word();
        lists[name].clear();
        break;
      case '[':
        if (previous != '=') return malformed(text, i, "misplaced \"[\"");
        break;
      case ']':
        if (!last && next != ',') return malformed(text, i, "misplaced \"]\"");
        if (previous != '[') lists[name].push_back(current_word());
        break;
      case ',':
        if (previous == ',' || last || next == ']') return malformed(text, i, "misplaced comma");
        if (previous != ']') lists[name].push_back(current_word());
        break;
      default:
        continue;
    }
    word = i + 1;
  }
  return lists;
}

Result<std::vector<SelectedResource>> select_resources(const SelectionFlags& flags,
                                                       ManyWildcards many_wildcards) {
  const auto rows = select_rows(split(flags.resources));
  if (!rows) return rows.error();
  const auto filter = MetricFilter::create(split(flags.metric_allowlist), split(flags.metric_denylist),
                                           split(flags.metric_opt_in_list));
  if (!filter) return filter.error();
  const auto labels =
      AllowlistFlag::create("metric-labels-allowlist", flags.labels_allowlist, many_wildcards);
  if (!labels) return labels.error();
  const auto annotations =
      AllowlistFlag::create("metric-annotations-allowlist", flags.annotations_allowlist, many_wildcards);
  if (!annotations) return annotations.error();

  std::vector<SelectedResource> selected;
  for (const Resource* row : *rows) {
    SelectedResource resource;
    resource.resource = row;
    for (std::size_t index = 0; index < row->family_count; ++index) {
      const Result<bool> enabled = filter->enabled(row->family(index));
      if (!enabled) return enabled.error();
      if (*enabled) resource.families.push_back(index);
    }
    auto allowed_labels = labels->list_for(row->name);
    auto allowed_annotations = annotations->list_for(row->name);
    if (!allowed_labels) return allowed_labels.error();
    if (!allowed_annotations) return allowed_annotations.error();
    resource.options = Options{*std::move(allowed_labels), *std::move(allowed_annotations)};
    selected.push_back(std::move(resource));
  }
  return selected;
}

}  // namespace kubevitals::state
