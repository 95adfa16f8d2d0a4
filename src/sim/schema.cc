#include "sim/schema.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/schema_tables.h"

namespace kubevitals::sim {

// Mixes the length with the first and the last bytes: enough to tell the members of one message apart.
std::uint32_t Message::hash(std::string_view member) {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  const std::size_t size = member.size();
  if (size >= 4) {
    std::memcpy(&first, member.data(), 4);
    std::memcpy(&last, member.data() + size - 4, 4);
  } else if (size > 0) {
    first = static_cast<unsigned char>(member.front());
    last = static_cast<unsigned char>(member.back());
  }
  return (first * 0x9e3779b1u ^ last * 0x85ebca6bu ^ static_cast<std::uint32_t>(size) * 0xc2b2ae35u) *
         0x27d4eb2fu;
}

void Message::collect(const SchemaField& field, const SchemaField* top, std::vector<Slot>& members) const {
  if (!field.hoisted) {
    members.push_back({field.name, top});
  } else if (field.message != nullptr) {
    for (const SchemaField& inner : field.message->fields_) collect(inner, top, members);
  }
}

void Message::index() {
  by_number_.assign(fields_.empty() ? 0 : fields_.back().number + 1, nullptr);
  std::vector<Slot> members;
  for (const SchemaField& field : fields_) {
    by_number_[field.number] = &field;
    collect(field, &field, members);
  }
  member_count_ = members.size();
  std::uint32_t bits = 1;
  while ((std::size_t{1} << bits) < 2 * members.size() + 1) ++bits;
  shift_ = 32 - bits;
  mask_ = (1u << bits) - 1;
  slots_.assign(std::size_t{1} << bits, Slot{});
  for (const Slot& member : members) {
    std::uint32_t slot = hash(member.member) >> shift_;
    while (slots_[slot].field != nullptr) slot = (slot + 1) & mask_;
    slots_[slot] = member;
  }
}

// Reads the tables once; everything it makes stays as it is from then on.
class SchemaBuilder {
 public:
  SchemaBuilder() {
    const GroupTable core = core_table();
    Scope core_scope;
    declare(meta_messages(), core_scope);
    add(core, {pod_messages(), volume_messages()}, core_scope);
    for (GroupTable (*table)() :
         {apps_table, batch_table, autoscaling_v1_table, autoscaling_v2_table, discovery_table,
          networking_table, coordination_table, events_table, policy_table, storage_table, scheduling_table,
          node_table, rbac_table, certificates_table, admission_table, authentication_table,
          authorization_table}) {
      Scope scope = core_scope;
      add(table(), {}, scope);
    }
    for (std::string_view kind : {"Status", "DeleteOptions", "GetOptions", "ListOptions", "CreateOptions",
                                  "UpdateOptions", "PatchOptions", "PartialObjectMetadata", "APIVersions",
                                  "APIGroup", "APIGroupList", "APIResourceList"}) {
      everywhere_.emplace(kind, core_scope.at(kind));
    }
    everywhere_.emplace("PartialObjectMetadataList", list_of("PartialObjectMetadata", core_scope));
    for (Message& message : messages_) message.index();
  }

  const Message* find(std::string_view api_version, std::string_view kind) const {
    const auto found = kinds_.find({api_version, kind});
    if (found != kinds_.end()) return found->second;
    const auto shared = everywhere_.find(kind);
    return shared != everywhere_.end() ? shared->second : nullptr;
  }

  std::vector<std::string_view> faults() const {
    std::vector<std::string_view> found(faults_.begin(), faults_.end());
    for (const Message& message : messages_) {
      std::set<std::uint32_t> numbers;
      for (const SchemaField& field : message.fields_) {
        if (field.number == 0 || !numbers.insert(field.number).second) found.push_back(message.name_);
      }
      std::set<std::string_view> names;
      for (const Message::Slot& slot : message.slots_) {
        if (slot.field != nullptr && !names.insert(slot.member).second) found.push_back(slot.member);
      }
      if (message.member_count_ > kMaxMembers) found.push_back(message.name_);
    }
    return found;
  }

 private:
  using Scope = std::map<std::string_view, Message*>;

  void fault(std::string text) { faults_.push_back(std::move(text)); }

  // Makes the messages of these rows known in the scope, in place of others of the same name.
  void declare(std::span<const MessageRow> rows, Scope& scope) {
    for (const MessageRow& row : rows) {
      messages_.emplace_back().name_ = row.name;
      scope[row.name] = &messages_.back();
      undefined_.emplace_back(&messages_.back(), row.fields);
    }
  }

  void add(const GroupTable& table, std::initializer_list<std::span<const MessageRow>> more, Scope& scope) {
    declare(table.messages, scope);
    for (const std::span<const MessageRow> rows : more) declare(rows, scope);
    define(scope);
    for_each_word(table.kinds, [&](std::string_view kind) {
      add_kind(table.api_version, kind, scope);
      const Message* list = list_of(kind, scope);
      kinds_.emplace(std::pair(table.api_version, list->name()), list);
    });
    for_each_word(table.singles, [&](std::string_view kind) { add_kind(table.api_version, kind, scope); });
  }

  void add_kind(std::string_view api_version, std::string_view kind, const Scope& scope) {
    const auto found = scope.find(kind);
    if (found == scope.end()) return fault("no message for kind " + std::string(kind));
    kinds_.emplace(std::pair(api_version, kind), found->second);
  }

  const Message* list_of(std::string_view kind, const Scope& scope) {
    Message& list = messages_.emplace_back();
    list.name_ = names_.emplace_back(std::string(kind) + "List");
    read_field(list, "metadata=1:ListMeta", scope);
    read_field(list, names_.emplace_back("items=2:[]" + std::string(kind)), scope);
    return &list;
  }

  void define(const Scope& scope) {
    for (auto& [message, fields] : std::exchange(undefined_, {})) {
      for_each_word(fields, [&](std::string_view word) { read_field(*message, word, scope); });
      std::ranges::sort(message->fields_, {}, &SchemaField::number);
    }
  }

  // "name=number[!][:type][@key]"
  void read_field(Message& message, std::string_view word, const Scope& scope) {
    SchemaField field;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return fault(std::string(message.name_) + ": " + std::string(word));
    field.name = word.substr(0, equals);
    field.hoisted = field.name == ".";
    const char* end = word.data() + word.size();
    const char* at = std::from_chars(word.data() + equals + 1, end, field.number).ptr;
    if (at != end && *at == '!') {
      field.keep_zero = true;
      ++at;
    }
    std::string_view rest(at, static_cast<std::size_t>(end - at));
    if (const std::size_t key = rest.find('@'); key != std::string_view::npos) {
      field.merge_key = rest.substr(key + 1);
      field.patch = PatchStrategy::kMerge;
      rest = rest.substr(0, key);
    }
    if (rest.starts_with(':')) {
      read_type(field, rest.substr(1), scope);
    } else if (!rest.empty()) {
      fault(std::string(message.name_) + ": " + std::string(word));
    }
    if (field.patch == PatchStrategy::kMerge && field.shape == FieldShape::kOne)
      field.patch = PatchStrategy::kReplace;
    message.fields_.push_back(field);
  }

  void read_type(SchemaField& field, std::string_view type, const Scope& scope) {
    if (type.starts_with("[]") || type.starts_with("{}")) {
      field.shape = type.front() == '[' ? FieldShape::kList : FieldShape::kMap;
      type.remove_prefix(2);
    }
    static const std::map<std::string_view, FieldType> kScalars = {{"", FieldType::kString},
                                                                   {"bytes", FieldType::kBytes},
                                                                   {"int32", FieldType::kInt32},
                                                                   {"int64", FieldType::kInt64},
                                                                   {"bool", FieldType::kBool},
                                                                   {"Time", FieldType::kTime},
                                                                   {"MicroTime", FieldType::kMicroTime},
                                                                   {"Quantity", FieldType::kQuantity},
                                                                   {"IntOrString", FieldType::kIntOrString},
                                                                   {"Json", FieldType::kJson},
                                                                   {"Items", FieldType::kItems}};
    if (const auto scalar = kScalars.find(type); scalar != kScalars.end()) {
      field.type = scalar->second;
      return;
    }
    field.type = FieldType::kMessage;
    const auto found = scope.find(type);
    if (found == scope.end())
      return fault("no message " + std::string(type) + " for " + std::string(field.name));
    field.message = found->second;
  }

  template <typename Use>
  static void for_each_word(std::string_view text, Use use) {
    while (!text.empty()) {
      const std::size_t blank = std::min(text.find(' '), text.size());
      if (blank > 0) use(text.substr(0, blank));
      text.remove_prefix(std::min(blank + 1, text.size()));
    }
  }

  std::deque<Message> messages_;  // addresses are stable
  std::deque<std::string> names_;
  std::vector<std::pair<Message*, std::string_view>> undefined_;
  std::map<std::pair<std::string_view, std::string_view>, const Message*> kinds_;
  std::map<std::string_view, const Message*> everywhere_;
  std::vector<std::string> faults_;
};

namespace {

const SchemaBuilder& schema() {
  static const SchemaBuilder built;
  return built;
}

}  // namespace

const Message* find_message(std::string_view api_version, std::string_view kind) {
  return schema().find(api_version, kind);
}

std::vector<std::string_view> schema_faults() {
  return schema().faults();
}

}  // namespace kubevitals::sim
