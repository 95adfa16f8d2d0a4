#include "discovery/eureka/applications.h"

#include <expat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>

#include "discovery/host_port.h"
#include "discovery/label_name.h"

namespace kubevitals::discovery::eureka {
namespace {

struct Port {
  std::int64_t number = 0;
  bool enabled = false;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

struct Instance {
  std::string host_name;
  std::string home_page_url;
  std::string status_page_url;
  std::string health_check_url;
  std::string ip_address;
  std::string vip_address;
  std::string secure_vip_address;
  std::string status;
  std::string id;
  std::int64_t country_id = 0;
  std::optional<Port> port;
  std::optional<Port> secure_port;
  bool has_data_center = false;
  std::string data_center_name;
  Metadata data_center_metadata;
  Metadata metadata;
};

// Elements of an instance that are texts, with their labels.
struct TextMember {
  std::string_view element;
  std::string Instance::*member;
  std::string_view label;
};
constexpr std::array kTextMembers = {
    TextMember{"hostName", &Instance::host_name, "hostname"},
    TextMember{"homePageUrl", &Instance::home_page_url, "homepage_url"},
    TextMember{"statusPageUrl", &Instance::status_page_url, "statuspage_url"},
    TextMember{"healthCheckUrl", &Instance::health_check_url, "healthcheck_url"},
    TextMember{"ipAddr", &Instance::ip_address, "ip_addr"},
    TextMember{"vipAddress", &Instance::vip_address, "vip_address"},
    TextMember{"secureVipAddress", &Instance::secure_vip_address, "secure_vip_address"},
    TextMember{"status", &Instance::status, "status"},
    TextMember{"instanceId", &Instance::id, "id"},
};

constexpr std::string_view kPrefix = "__meta_eureka_app_instance_";

std::string label_name(std::string_view suffix) {
  return std::string(kPrefix).append(suffix);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// As encoding/xml reads them: blanks around are fine, and nothing at all is zero or false.
std::optional<std::int64_t> read_number(std::string_view text) {
  if (text.empty()) return 0;
  text = trim(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> read_boolean(std::string_view text) {
  if (text.empty()) return false;
  text = trim(text);
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

LabelBlockPtr make_target(const std::string& application, const Instance& instance) {
  LabelBlockBuilder labels;
  const auto add = [&](std::string_view suffix, std::string_view value) {
    labels.add(label_name(suffix), value);
  };
  const auto add_port = [&](const std::string& name, const std::optional<Port>& port) {
    if (!port) return;
    add(name, std::to_string(port->number));
    add(name + "_enabled", port->enabled ? "true" : "false");
  };
  const std::int64_t port = instance.port ? instance.port->number : 80;
  labels.add(address_label(), join_host_port(instance.host_name, std::to_string(port)));
  labels.add(instance_label(), instance.id);
  labels.add("__meta_eureka_app_name", application);
  for (const TextMember& text : kTextMembers) add(text.label, instance.*text.member);
  add("country_id", std::to_string(instance.country_id));
  add_port("port", instance.port);
  add_port("secure_port", instance.secure_port);
  if (instance.has_data_center) {
    add("datacenterinfo_name", instance.data_center_name);
    for (const auto& [name, value] : instance.data_center_metadata) {
      add("datacenterinfo_metadata_" + sanitize_label_name(name), value);
    }
  }
  for (const auto& [name, value] : instance.metadata) add("metadata_" + sanitize_label_name(name), value);
  return labels.build();
}

// Follows the document from element to element.
class Reader {
 public:
  explicit Reader(std::string_view xml) : xml_(xml), parser_(XML_ParserCreate("UTF-8")) {}

  Result<TargetGroup> read() {
    if (!parser_) return Error{ErrorCode::kInternal, "out of memory"};
    XML_Parser parser = parser_.get();
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, &Reader::on_start, &Reader::on_end);
    XML_SetCharacterDataHandler(parser, &Reader::on_text);
    XML_SetEntityDeclHandler(parser, &Reader::on_entity);
    XML_SetSkippedEntityHandler(parser, &Reader::on_skipped_entity);
    if (xml_.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      fail("the document is too big");
    if (failure_.empty()) XML_Parse(parser, xml_.data(), static_cast<int>(xml_.size()), XML_TRUE);
    if (failure_.empty() && !ended_) fail(XML_ErrorString(XML_GetErrorCode(parser)));
    if (!failure_.empty()) return Error{ErrorCode::kInvalid, failure_};
    return std::move(group_);
  }

 private:
  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  // The element that is open, among those with elements inside that matter.
  enum class Place {
    kNone,
    kApplications,
    kApplication,
    kInstance,
    kDataCenter,
    kMetadata,
    kDataCenterMetadata
  };
  // What becomes of the text of an element.
  enum class Leaf { kNone, kText, kNumber, kBoolean, kItem };

  static void XMLCALL on_start(void* self, const XML_Char* name, const XML_Char** attributes) {
    static_cast<Reader*>(self)->start(local(name), attributes);
  }
  static void XMLCALL on_end(void* self, const XML_Char*) { static_cast<Reader*>(self)->end(); }
  static void XMLCALL on_text(void* self, const XML_Char* text, int size) {
    auto& reader = *static_cast<Reader*>(self);
    const bool wanted = reader.skipped_ == 0 && reader.leaf_ != Leaf::kNone && reader.leaf_ != Leaf::kItem;
    if (wanted) reader.text_.append(text, static_cast<std::size_t>(size));
  }
  static void XMLCALL on_entity(void* self, const XML_Char*, int, const XML_Char*, int, const XML_Char*,
                                const XML_Char*, const XML_Char*, const XML_Char*) {
    static_cast<Reader*>(self)->fail("it declares an entity");
  }
  static void XMLCALL on_skipped_entity(void* self, const XML_Char*, int) {
    static_cast<Reader*>(self)->fail("it has an entity that is not declared");
  }

  static std::string_view local(std::string_view name) { return name.substr(name.find(':') + 1); }

  void fail(std::string_view cause) {
    if (!failure_.empty()) return;
    failure_ = "line " + std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ": " + std::string(cause);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void start(std::string_view name, const XML_Char** attributes) {
    if (skipped_ > 0 || leaf_ != Leaf::kNone) {
      ++skipped_;
      return;
    }
    const bool known = enter(name, attributes);
    if (!known) ++skipped_;
  }

  // False for an element that does not matter.
  bool enter(std::string_view name, const XML_Char** attributes) {
    switch (place_) {
      case Place::kNone:
        place_ = Place::kApplications;  // whatever its name is
        return true;
      case Place::kApplications:
        if (name == "versions__delta") return begin(Leaf::kNumber);
        if (name != "application") return false;
        place_ = Place::kApplication;
        application_.clear();
        instances_.clear();
        return true;
      case Place::kApplication:
        if (name == "name") return begin_text(application_);
        if (name != "instance") return false;
        place_ = Place::kInstance;
        instances_.emplace_back();
        return true;
      case Place::kInstance:
        return enter_instance(name, attributes);
      case Place::kDataCenter:
        if (name == "name") return begin_text(instances_.back().data_center_name);
        if (name != "metadata") return false;
        place_ = Place::kDataCenterMetadata;
        return true;
      case Place::kMetadata:
      case Place::kDataCenterMetadata:
        item_ = name;
        item_begin_ = offset() + static_cast<std::size_t>(XML_GetCurrentByteCount(parser_.get()));
        return begin(Leaf::kItem);
    }
    return false;
  }

  bool enter_instance(std::string_view name, const XML_Char** attributes) {
    Instance& instance = instances_.back();
    for (const TextMember& text : kTextMembers) {
      if (name == text.element) return begin_text(instance.*text.member);
    }
    if (name == "port") return begin_port(instance.port, attributes);
    if (name == "securePort") return begin_port(instance.secure_port, attributes);
    if (name == "countryId") return begin(Leaf::kNumber, &instance.country_id);
    if (name == "isCoordinatingDiscoveryServer") return begin(Leaf::kBoolean);
    if (name == "metadata") place_ = Place::kMetadata;
    if (name == "dataCenterInfo") {
      place_ = Place::kDataCenter;
      instance.has_data_center = true;
    }
    return place_ != Place::kInstance;
  }

  bool begin(Leaf leaf, std::int64_t* number = nullptr) {
    leaf_ = leaf;
    text_.clear();
    number_ = number;
    return true;
  }

  bool begin_text(std::string& target) {
    target_ = &target;
    return begin(Leaf::kText);
  }

  bool begin_port(std::optional<Port>& port, const XML_Char** attributes) {
    if (!port) port.emplace();
    for (; *attributes != nullptr; attributes += 2) {
      if (local(attributes[0]) != "enabled") continue;
      const auto enabled = read_boolean(attributes[1]);
      if (!enabled) fail("the port's attribute enabled is no boolean");
      port->enabled = enabled.value_or(false);
    }
    return begin(Leaf::kNumber, &port->number);
  }

  void end() {
    if (skipped_ > 0) {
      --skipped_;
    } else if (leaf_ != Leaf::kNone) {
      end_leaf();
    } else {
      leave();
    }
  }

  void end_leaf() {
    const Leaf leaf = std::exchange(leaf_, Leaf::kNone);
    if (leaf == Leaf::kText) *target_ = std::move(text_);
    if (leaf == Leaf::kBoolean && !read_boolean(text_)) fail("expected a boolean");
    if (leaf == Leaf::kNumber) {
      const auto number = read_number(text_);
      if (!number) fail("expected a whole number");
      if (number_ != nullptr) *number_ = number.value_or(0);
    }
    if (leaf == Leaf::kItem) {
      // As it stands in the document: markup is not undone.
      const std::string_view inner = xml_.substr(item_begin_, offset() - item_begin_);
      Instance& instance = instances_.back();
      Metadata& metadata = place_ == Place::kMetadata ? instance.metadata : instance.data_center_metadata;
      metadata.emplace_back(item_, inner);
    }
    text_.clear();
  }

  void leave() {
    switch (place_) {
      case Place::kNone:
        break;
      case Place::kApplications:
        ended_ = true;
        XML_StopParser(parser_.get(), XML_FALSE);
        break;
      case Place::kApplication:
        for (const Instance& instance : instances_)
          group_.targets.push_back(make_target(application_, instance));
        place_ = Place::kApplications;
        break;
      case Place::kInstance:
        place_ = Place::kApplication;
        break;
      case Place::kDataCenter:
      case Place::kMetadata:
        place_ = Place::kInstance;
        break;
      case Place::kDataCenterMetadata:
        place_ = Place::kDataCenter;
        break;
    }
  }

  std::size_t offset() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get())); }

  const std::string_view xml_;
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;

  TargetGroup group_{"eureka", nullptr, {}};
  std::string application_;          // the name of the one that is open
  std::vector<Instance> instances_;  // of that one

  Place place_ = Place::kNone;
  std::size_t skipped_ = 0;  // open elements that do not matter
  Leaf leaf_ = Leaf::kNone;
  std::string text_;
  std::string* target_ = nullptr;
  std::int64_t* number_ = nullptr;  // null: only checked
  std::string item_;
  std::size_t item_begin_ = 0;

  bool ended_ = false;
  std::string failure_;
};

}  // namespace

Result<TargetGroup> parse_applications(std::string_view xml) {
  return Reader(xml).read();
}

}  // namespace kubevitals::discovery::eureka
