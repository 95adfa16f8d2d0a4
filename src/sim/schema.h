// The shape of the API's objects: what each member of the JSON form is in protobuf, and how its lists are
// patched. Facts of the public API (generated.proto and the struct tags of k8s.io/api and
// k8s.io/apimachinery, v0.35 and later).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kubevitals::sim {

class Message;

enum class FieldType : std::uint8_t {
  kString,
  kBytes,  // base64 in JSON
  kInt32,
  kInt64,
  kBool,
  kMessage,
  kTime,         // metav1.Time: RFC 3339 in JSON
  kMicroTime,    // metav1.MicroTime
  kQuantity,     // resource.Quantity: text
  kIntOrString,  // intstr.IntOrString
  kJson,         // any JSON, as text in a message's only field: RawExtension, FieldsV1
  kItems,        // a list of strings that is a message of its own: ExtraValue, Verbs
};

enum class FieldShape : std::uint8_t { kOne, kList, kMap };  // maps have string keys

// How a strategic merge patch treats a list or an object (patchStrategy, patchMergeKey).
enum class PatchStrategy : std::uint8_t {
  kDefault,  // lists are replaced, objects merged
  kMerge,    // lists are merged: by `merge_key`, or as a set when that is empty
  kReplace,  // objects are replaced
};

struct SchemaField {
  std::string_view name;  // in JSON
  std::uint32_t number = 0;
  FieldType type = FieldType::kString;
  FieldShape shape = FieldShape::kOne;
  // Its members stand in the parent's JSON object (Go: `json:",inline"`), but in protobuf it is a message.
  bool hoisted = false;
  // A zero on the wire means something: the Go field is a pointer, or JSON has it also when it is zero.
  bool keep_zero = false;
  PatchStrategy patch = PatchStrategy::kDefault;
  std::string_view merge_key;
  const Message* message = nullptr;  // of kMessage
};

// One message. Constant once the schema is built; thread-safe.
class Message {
 public:
  std::string_view name() const { return name_; }
  std::span<const SchemaField> fields() const { return fields_; }

  // The field that holds this member of the JSON object: its own, or the hoisted one that has it; null when
  // there is none.
  const SchemaField* find(std::string_view member) const {
    for (std::uint32_t slot = hash(member) >> shift_;; slot = (slot + 1) & mask_) {
      const Slot& candidate = slots_[slot];
      if (candidate.field == nullptr || candidate.member == member) return candidate.field;
    }
  }
  const SchemaField* find(std::uint32_t number) const {
    return number < by_number_.size() ? by_number_[number] : nullptr;
  }
  // The members of its JSON object, those of hoisted fields included: no object has more that count.
  std::size_t member_count() const { return member_count_; }

 private:
  friend class SchemaBuilder;
  struct Slot {
    std::string_view member;
    const SchemaField* field = nullptr;
  };

  static std::uint32_t hash(std::string_view member);
  void index();
  void collect(const SchemaField& field, const SchemaField* top, std::vector<Slot>& members) const;

  std::string_view name_;
  std::vector<SchemaField> fields_;  // by number
  std::vector<const SchemaField*> by_number_;
  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
  std::uint32_t shift_ = 31;
  std::uint32_t mask_ = 1;
  std::size_t member_count_ = 0;
};

// No message has more members; what encodes them may count on it.
inline constexpr std::size_t kMaxMembers = 64;

// The message of a kind, e.g. ("v1", "Pod"), ("apps/v1", "DeploymentList"), ("v1", "Status"); null when it is
// not known. Options and PartialObjectMetadata are the same for every group and version. Thread-safe.
const Message* find_message(std::string_view api_version, std::string_view kind);

// What is wrong with the tables, one line a fault; empty when they are sound. For the test.
std::vector<std::string_view> schema_faults();

}  // namespace kubevitals::sim
