// Turns an object into the text of its families.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/emitter.h"
#include "state/options.h"
#include "state/resource_table.h"

namespace kubevitals::state {

// The text of one object, family by family; reused from object to object.
struct RenderedObject {
  std::string text;
  std::vector<std::uint32_t> ends;  // where each family's text ends

  std::size_t size() const { return ends.size(); }
  std::string_view family(std::size_t index) const {
    const std::uint32_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(text).substr(begin, ends[index] - begin);
  }
};

// Renders objects of one resource. `enabled` are indices into the table's families, in order; the table and
// the options outlive the renderer. Not thread-safe.
template <typename T>
class Renderer {
 public:
  Renderer(const ResourceTable<T>& table, std::vector<std::size_t> enabled, const Options& options)
      : table_(table), enabled_(std::move(enabled)), options_(options), emitter_(rendered_.text) {}

  // The result is valid until the next call.
  const RenderedObject& render(const T& object) {
    rendered_.text.clear();
    rendered_.ends.clear();
    table_.set_base_labels(object, emitter_);
    for (const std::size_t index : enabled_) {
      const Family<T>& family = table_.families[index];
      emitter_.set_family(family.info.name);
      family.emit(object, options_, emitter_);
      rendered_.ends.push_back(static_cast<std::uint32_t>(rendered_.text.size()));
    }
    return rendered_;
  }

 private:
  const ResourceTable<T>& table_;
  const std::vector<std::size_t> enabled_;
  const Options& options_;
  RenderedObject rendered_;
  exposition::Emitter emitter_;
};

}  // namespace kubevitals::state
