#include "kube/message_layout.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <string>

namespace kubevitals::kube {
namespace {

void reset_object(const MessageLayout& layout, void* object) {
  for (const FieldLayout& field : layout.fields) {
    reset_field(field, object);
  }
}

// Keeps the last one of equal keys, as assigning them one after another to a Go map does.
void sort_map(MapBase& map) {
  std::stable_sort(map.begin(), map.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  auto kept = map.begin();
  for (auto entry = map.begin(); entry != map.end(); ++entry) {
    if (const auto following = std::next(entry); following != map.end() && following->first == entry->first) {
      continue;
    }
    *kept++ = *entry;
  }
  map.erase(kept, map.end());
}

// Lists the members as JSON shows them to an object that `base` bytes into its parent.
void append_json_fields(std::vector<FieldLayout>& to, const std::vector<FieldLayout>& from,
                        std::uint32_t base) {
  for (FieldLayout field : from) {
    field.offset += base;
    to.push_back(field);
  }
}

}  // namespace

void reset_value(const FieldLayout& field, void* value) {
  switch (field.kind) {
    case ValueKind::kString:
      *static_cast<std::string_view*>(value) = {};
      break;
    case ValueKind::kBool:
      *static_cast<bool*>(value) = false;
      break;
    case ValueKind::kInt32:
      *static_cast<std::int32_t*>(value) = 0;
      break;
    case ValueKind::kInt64:
      *static_cast<std::int64_t*>(value) = 0;
      break;
    case ValueKind::kTime:
      *static_cast<Time*>(value) = {};
      break;
    case ValueKind::kIntOrString:
      *static_cast<IntOrString*>(value) = {};
      break;
    case ValueKind::kStringMap:
    case ValueKind::kResourceList:
      map_of(field, value).clear();
      break;
    case ValueKind::kMessage:
      reset_object(*field.message, value);
      break;
  }
}

void reset_field(const FieldLayout& field, void* object) {
  void* member = field.in(object);
  switch (field.cardinality) {
    case Cardinality::kOne:
      reset_value(field, member);
      break;
    case Cardinality::kOptional:
      field.reset(member);
      break;
    case Cardinality::kList:
      field.truncate(member, 0);
      break;
  }
}

MapBase& map_of(const FieldLayout& field, void* member) {
  if (field.kind == ValueKind::kResourceList) {
    return *static_cast<ResourceList*>(member);
  }
  return *static_cast<StringMap*>(member);
}

void ObjectFiller::finish() {
  for (const FieldLayout& field : fields_) {
    if ((seen_ & bit(field)) == 0) {
      if (fresh_) {
        reset_field(field, object_);
      }
    } else if (field.cardinality == Cardinality::kList) {
      field.truncate(field.in(object_), counts_[field.list_index]);
    } else if ((unsorted_ & bit(field)) != 0) {
      sort_map(map_of(field, field.in(object_)));
    }
  }
}

void MessageLayout::finish(std::vector<FieldLayout> own, const std::vector<bool>& inlined_in_json) {
  fields = std::move(own);
  std::fill(std::begin(by_number), std::end(by_number), kNone);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const FieldLayout& field = fields[i];
    if (field.number < kDirectNumbers) {
      by_number[field.number] = static_cast<std::uint8_t>(i);
    }
    if (inlined_in_json[i]) {
      assert(field.kind == ValueKind::kMessage && field.cardinality == Cardinality::kOne);
      append_json_fields(json_fields, field.message->json_fields, field.offset);
    } else {
      json_fields.push_back(field);
    }
  }
  for (std::vector<FieldLayout>* each : {&fields, &json_fields}) {
    std::uint8_t lists = 0;
    for (FieldLayout& field : *each) {
      field.index = static_cast<std::uint8_t>(&field - each->data());
      if (field.cardinality == Cardinality::kList) {
        field.list_index = lists++;
      }
    }
    assert(each->size() <= kMaxFields && lists <= kMaxLists);
  }
}

const FieldLayout* MessageLayout::find_high(std::uint32_t number) const {
  for (const FieldLayout& field : fields) {
    if (static_cast<std::uint32_t>(field.number) == number) {
      return &field;
    }
  }
  return nullptr;
}

}  // namespace kubevitals::kube
