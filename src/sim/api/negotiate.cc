#include "sim/api/negotiate.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace kubevitals::sim {
namespace {

struct Alternative {
  std::string type;
  std::string as, group, version;
  double quality = 1;
};

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Calls `use` with each trimmed piece between separators.
template <typename Use>
void split(std::string_view text, char separator, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    use(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return result;
}

void add_parameter(Alternative& alternative, std::string_view text) {
  const std::size_t equal = text.find('=');
  if (equal == std::string_view::npos) return;
  const std::string name = lower(trim(text.substr(0, equal)));
  std::string_view value = trim(text.substr(equal + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (name == "as") alternative.as = value;
  if (name == "g") alternative.group = value;
  if (name == "v") alternative.version = value;
  if (name == "q") {
    double quality = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
    alternative.quality = error == std::errc() && quality >= 0 && quality <= 1 ? quality : 0;
  }
}

// The alternatives, best first; those with q=0 are refused by the client.
std::vector<Alternative> parse(std::string_view accept) {
  std::vector<Alternative> list;
  split(accept, ',', [&](std::string_view clause) {
    if (clause.empty() || list.size() >= 32) return;
    Alternative alternative;
    bool first = true;
    split(clause, ';', [&](std::string_view part) {
      if (first) {
        alternative.type = lower(part);
      } else {
        add_parameter(alternative, part);
      }
      first = false;
    });
    if (alternative.quality > 0) list.push_back(std::move(alternative));
  });
  std::stable_sort(list.begin(), list.end(),
                   [](const Alternative& a, const Alternative& b) { return a.quality > b.quality; });
  return list;
}

bool is_json(std::string_view type) {
  return type == kube::kJsonMediaType || type == "*/*" || type == "application/*";
}

}  // namespace

std::string_view Media::content_type(bool watch) const {
  if (encoding == kube::Encoding::kJson) return kube::kJsonMediaType;
  return watch ? "application/vnd.kubernetes.protobuf;stream=watch" : kube::kProtobufMediaType;
}

std::optional<Media> negotiate(std::string_view accept, bool protobuf) {
  if (trim(accept).empty()) return Media{};
  for (const Alternative& alternative : parse(accept)) {
    Media media;
    if (alternative.type == kube::kProtobufMediaType) {
      if (!protobuf) continue;
      media.encoding = kube::Encoding::kProtobuf;
    } else if (!is_json(alternative.type)) {
      continue;
    }
    if (!alternative.as.empty()) {
      const bool meta = alternative.group == "meta.k8s.io" &&
                        (alternative.version == "v1" || alternative.version == "v1beta1");
      if (meta && alternative.as == "Table" && media.encoding == kube::Encoding::kJson) {
        media.view = View::kTable;
      } else if (meta && (alternative.as == "PartialObjectMetadata" ||
                          alternative.as == "PartialObjectMetadataList")) {
        media.view = View::kPartialMetadata;
      } else {
        continue;
      }
    }
    return media;
  }
  return std::nullopt;
}

std::string_view negotiate_discovery(std::string_view accept) {
  for (const Alternative& alternative : parse(accept)) {
    if (!is_json(alternative.type)) continue;
    if (alternative.as.empty()) return "";
    if (alternative.as != "APIGroupDiscoveryList" || alternative.group != "apidiscovery.k8s.io") continue;
    if (alternative.version == "v2") return "v2";
    if (alternative.version == "v2beta1") return "v2beta1";
  }
  return "";
}

}  // namespace kubevitals::sim
