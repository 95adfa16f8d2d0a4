// What the functions that make records share.
#pragma once

#include <string>
#include <string_view>

#include "discovery/kubernetes/records.h"
#include "kube/objects/meta.h"

namespace kubevitals::discovery::kubernetes {

template <typename R>
boost::intrusive_ptr<R> new_record(const kube::ObjectMeta& metadata) {
  boost::intrusive_ptr<R> record(new R());  // owned from here on
  record->key = key_of(metadata.namespace_, metadata.name);
  record->namespace_size = static_cast<std::uint32_t>(metadata.namespace_.size());
  return record;
}

// The first owner that says that it is the controller; null when there is none.
inline const kube::OwnerReference* controller_of(const kube::ObjectMeta& metadata) {
  for (const kube::OwnerReference& reference : metadata.owner_references) {
    if (reference.controller.value_or(false)) return &reference;
  }
  return nullptr;
}

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

inline std::string_view bool_text(bool value) {
  return value ? "true" : "false";
}

}  // namespace kubevitals::discovery::kubernetes
